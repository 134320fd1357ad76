// RFC 9110 and 9112 over real sockets: every row of tests/fixtures/http in one write and byte by
// byte. What the rows say is tested against the parser in unit/http as well; here it matters what
// is answered, what becomes of the connection, and what the app gets to see.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fixtures/http/all_tables.h"
#include "support/witness_server.h"

using namespace appserver::test;
using namespace appserver::http::testing;
using appserver::http::Limits;

namespace {

bool equal(const Limits& a, const Limits& b) {
  return a.request_line == b.request_line && a.fields == b.fields && a.field_size == b.field_size &&
         a.body == b.body;
}

// One server for all tables with the same limits.
void check_tables(const Limits& limits, std::size_t least_rows) {
  WitnessServer server(limits);
  std::size_t rows = 0;
  for (const auto& [name, table] : all_tables()) {
    if (!equal(table.limits, limits)) {
      continue;
    }
    INFO(name);
    rows += table.rows.size();
    for (const Row& row : table.rows) {
      server.check(row, Cut::OneWrite);
      server.check(row, Cut::ByteByByte);
    }
  }
  CHECK(rows >= least_rows);
}

// Where the body of a row begins, or npos if it has none.
std::size_t body_of(const Row& row) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const bool has_one = row.outcome.find(" body=") != std::string::npos &&
                       row.outcome.find(" left=") == std::string::npos;
  return has_one ? row.bytes.find(kEnd) + kEnd.size() : std::string::npos;
}

}  // namespace

TEST_CASE("conformance: every row of the tables holds over a real socket") {
  check_tables(Limits{}, 250);
}

TEST_CASE("conformance: the limits of a request are exact over a real socket") {
  check_tables(small_limits(), 10);
  check_tables(body_limits().limits, 6);
}

TEST_CASE("conformance: a body that ends too soon never reaches the app, wherever it is cut") {
  WitnessServer server;
  std::size_t cuts = 0;
  for (const auto& [name, table] : all_tables()) {
    for (const Row& row : table.rows) {
      const std::size_t begin = body_of(row);
      for (std::size_t at = begin; at < row.bytes.size() && row.bytes.size() < 300; ++at) {
        server.check_truncated(row.bytes.substr(0, at));
        ++cuts;
      }
    }
  }
  CHECK(cuts > 100);
}

TEST_CASE("conformance: a head that ends too soon is not answered") {
  WitnessServer server;
  const std::string request = post_with("Content-Length: 1\r\n", "");
  for (std::size_t size = 0; size < request.size(); ++size) {
    server.check_truncated(request.substr(0, size));
  }
}
