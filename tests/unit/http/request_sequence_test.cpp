#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "request_rows.h"

using namespace appserver::http;
using namespace appserver::http::testing;

namespace {

// Requests of every shape that the parser can leave behind, to be followed by any other.
const std::vector<Row>& shapes() {
  static const std::vector<Row> rows{
      {"no body", "9112 9.3.2", get_with("X: y\r\n"), "GET / 1.1 keep"},
      {"an empty line before it", "9112 9.3.2", "\r\n" + get_with(""), "GET / 1.1 keep"},
      {"an old client", "9112 9.3.2", "GET /old HTTP/1.0\r\n\r\n", "GET /old 1.0 close"},
      {"a body", "9112 9.3.2", post_with("Content-Length: 3\r\n", "abc"),
       "POST / 1.1 keep body=abc"},
      {"chunks", "9112 9.3.2", chunked("3\r\nabc\r\n2;x=\"y\"\r\nde\r\n0\r\nT: u\r\n\r\n"),
       "POST / 1.1 keep body=abcde"},
      {"an absolute target", "9112 9.3.2", "GET http://b/c?d HTTP/1.1\r\nHost: a\r\n\r\n",
       "GET /c?d 1.1 keep"},
      {"an expectation", "9112 9.3.2",
       post_with("Expect: 100-continue\r\nContent-Length: 1\r\n", "x"), "POST / 1.1 keep body=x"},
  };
  return rows;
}

}  // namespace

TEST_CASE("RequestParser: pipelined requests come out one by one, with one parser") {
  std::string bytes;
  for (const Row& first : shapes()) {
    for (const Row& second : shapes()) {
      bytes += first.bytes + second.bytes;
    }
  }
  const Limits limits;
  RequestParser parser(limits);
  std::string_view rest = bytes;
  for (const Row& first : shapes()) {
    for (const Row& second : shapes()) {
      for (const Row* row : {&first, &second}) {
        INFO(row->intent);
        const auto [progress, consumed] = parser.feed(rest);
        REQUIRE(progress == RequestParser::Progress::Complete);
        CHECK(consumed == row->bytes.size());
        CHECK(describe(parser, 0) == row->outcome);
        rest.remove_prefix(consumed);
        parser.reset();
      }
    }
  }
  CHECK(rest.empty());
}

TEST_CASE("RequestParser: random cuts of a stream change nothing") {
  std::string stream;
  std::vector<std::string> expected;
  for (const Row& row : shapes()) {
    stream += row.bytes;
    expected.push_back(row.outcome);
  }
  std::mt19937 random(20240607);
  const Limits limits;
  RequestParser parser(limits);
  for (int round = 0; round < 500; ++round) {
    std::uniform_int_distribution<std::size_t> length(1, 1 + static_cast<std::size_t>(round) % 60);
    std::vector<std::string> seen;
    std::string_view rest = stream;
    std::string carried;
    while (seen.size() < expected.size()) {
      Connection connection(parser);
      auto progress = RequestParser::Progress::NeedMore;
      if (!carried.empty()) {
        progress = connection.receive(std::exchange(carried, {}));
      }
      while (progress == RequestParser::Progress::NeedMore) {
        REQUIRE_FALSE(rest.empty());
        const std::string_view piece = rest.substr(0, length(random));
        rest.remove_prefix(piece.size());
        progress = connection.receive(piece);
      }
      REQUIRE(progress == RequestParser::Progress::Complete);
      seen.push_back(describe(parser, 0));
      carried = connection.take_left();
      parser.reset();
    }
    CHECK(seen == expected);
  }
}

TEST_CASE("RequestParser: an incomplete head consumes nothing, so another process can start over") {
  const std::string raw = get_with("X: y\r\n");
  const Limits limits;
  RequestParser first(limits);
  for (std::size_t size = 0; size < raw.size(); ++size) {
    const auto [progress, consumed] = first.feed(std::string_view(raw).substr(0, size));
    CHECK(progress == RequestParser::Progress::NeedMore);
    CHECK(consumed == 0);
    CHECK_FALSE(first.head_complete());
  }
  RequestParser second(limits);
  CHECK(second.feed(raw).progress == RequestParser::Progress::Complete);
}

TEST_CASE("RequestParser: a half-read request can be handed to another parser at every byte") {
  const Limits limits;
  for (const Row& row : shapes()) {
    for (std::size_t cut = 0; cut < row.bytes.size(); ++cut) {
      INFO(row.intent << ", cut at " << cut);
      RequestParser first(limits);
      Connection connection(first);
      // Byte by byte, so that everything that can be consumed was consumed.
      for (std::size_t at = 0; at < cut; ++at) {
        REQUIRE(connection.receive(row.bytes.substr(at, 1)) == RequestParser::Progress::NeedMore);
      }
      std::string moved;
      RequestParser::ChunkLineRoom line;
      for (const std::string_view piece : first.replay(line)) {
        moved += piece;
      }
      moved += connection.take_left() + row.bytes.substr(cut);
      CHECK(outcome_at_once(moved, limits) == row.outcome);
    }
  }
}

TEST_CASE("RequestParser: an empty line on an idle connection leaves it idle") {
  const Limits limits;
  RequestParser parser(limits);
  const auto [progress, consumed] = parser.feed("\r\n");
  CHECK(progress == RequestParser::Progress::NeedMore);
  CHECK(consumed == 2);
  CHECK(parser.feed(get_with("")).progress == RequestParser::Progress::Complete);
}

TEST_CASE("RequestParser: a complete request takes nothing of the next one") {
  const std::string raw = get_with("");
  const Limits limits;
  RequestParser parser(limits);
  REQUIRE(parser.feed(raw).progress == RequestParser::Progress::Complete);
  const auto [progress, consumed] = parser.feed(raw);
  CHECK(progress == RequestParser::Progress::Complete);
  CHECK(consumed == 0);
}

TEST_CASE("RequestParser: the price of one request's framing is not charged to the next") {
  const std::string wordy =
      chunked("1;a=" + std::string(4000, 'b') + "\r\nx\r\n1;a=" + std::string(4000, 'b') +
              "\r\ny\r\n0\r\n\r\n");
  const Limits limits;
  RequestParser parser(limits);
  for (int i = 0; i < 10; ++i) {
    REQUIRE(parser.feed(wordy).progress == RequestParser::Progress::Complete);
    CHECK(parser.body() == "xy");
    parser.reset();
    CHECK(parser.body().empty());
    CHECK(parser.head_bytes().empty());
  }
}

TEST_CASE("RequestParser: reset ends a failure and forgets all of it") {
  const Limits limits;
  RequestParser parser(limits);
  REQUIRE(parser.feed("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX\r\n\r\n").progress ==
          RequestParser::Progress::Failed);
  CHECK(parser.head().method == "GET");
  parser.reset();
  CHECK(parser.head().method.empty());
  const std::string raw = get_with("");
  REQUIRE(parser.feed(raw).progress == RequestParser::Progress::Complete);
  CHECK(describe(parser, 0) == "GET / 1.1 keep");
  CHECK(parser.head().fields.size() == 1);
}
