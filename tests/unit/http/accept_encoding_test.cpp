#include "http/accept_encoding.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace appserver::http;

namespace {

// "br gzip identity" in thousandths.
std::string describe(const std::vector<Field>& fields) {
  RequestHead head;
  head.fields = fields;
  const AcceptedCodings accepted = read_accept_encoding(head);
  return std::to_string(accepted.br) + " " + std::to_string(accepted.gzip) + " " +
         std::to_string(accepted.identity);
}

std::string describe(std::string_view value) {
  return describe(std::vector<Field>{{"Accept-Encoding", value}});
}

}  // namespace

TEST_CASE("read_accept_encoding: who does not ask gets the content as it is (RFC 9110, 12.5.3)") {
  CHECK(describe(std::vector<Field>{}) == "0 0 1");
  CHECK(describe(std::vector<Field>{{"Accept", "br"}}) == "0 0 1");
  CHECK(describe("") == "0 0 1");
}

TEST_CASE("read_accept_encoding: what is named has its quality (RFC 9110 section 12.4.2)") {
  CHECK(describe("gzip, deflate, br, zstd") == "1000 1000 1");
  CHECK(describe("br;q=0.5,gzip;q=0.123") == "500 123 1");
  CHECK(describe("BR ; Q=0.5 , GZip\t;\tq=1.000") == "500 1000 1");
  CHECK(describe("x-gzip") == "0 1000 1");
  CHECK(describe("br;q=0, gzip;q=0.0") == "0 0 1");
  CHECK(describe("identity;q=0.7, gzip;q=1.") == "0 1000 700");
  CHECK(describe("identity;q=0") == "0 0 0");
  CHECK(describe(std::vector<Field>{{"accept-encoding", "br"}, {"Accept-Encoding", "gzip"}}) ==
        "1000 1000 1");
}

TEST_CASE("read_accept_encoding: a star stands for what is not named (RFC 9110 section 12.5.3)") {
  CHECK(describe("*") == "1000 1000 1000");
  CHECK(describe("*;q=0") == "0 0 0");
  CHECK(describe("gzip, *;q=0") == "0 1000 0");
  CHECK(describe("*;q=0.5, br;q=0, identity;q=0.1") == "0 500 100");
}

TEST_CASE("read_accept_encoding: a member with a fault is skipped, the first of a name counts") {
  CHECK(describe("br;q=2, gzip") == "0 1000 1");
  CHECK(describe("br;q=1.001, gzip") == "0 1000 1");
  CHECK(describe("br;q=-1, br;q=.5, gzip;q=, br;level=4, gzip;q=0.1234") == "0 0 1");
  CHECK(describe("br;q=0.5;x=1, gzip q=1") == "0 0 1");
  CHECK(describe(",, br,") == "1000 0 1");
  CHECK(describe("brr, xgzip, gzip2") == "0 0 1");
  CHECK(describe("br;q=0.2, br;q=0.9") == "200 0 1");
}
