#include <string>

#include <doctest/doctest.h>

#include "request_rows.h"

using namespace appserver::http;
using namespace appserver::http::testing;
using namespace std::string_literals;

namespace {

constexpr const char* kTwo = "POST / 1.1 keep body=ab";

std::string old_post(std::string_view lines, std::string_view body) {
  return std::string("POST / HTTP/1.0\r\n").append(lines).append("\r\n").append(body);
}

}  // namespace

TEST_CASE("RequestParser: Content-Length is one field of digits (RFC 9110 section 8.6)") {
  check_rows({
      {"a body", post_with("Content-Length: 2\r\n", "ab"), kTwo},
      {"an empty body", post_with("Content-Length: 0\r\n", ""), "POST / 1.1 keep"},
      {"no length means no body (9112, 6.3)", post_with("", "ab"), "POST / 1.1 keep left=2"},
      {"a GET may have a body (9110, 9.3.1)", get_with("Content-Length: 2\r\n") + "ab",
       "GET / 1.1 keep body=ab"},
      {"leading zeros are digits", post_with("Content-Length: 002\r\n", "ab"), kTwo},
      {"more than the body follows", post_with("Content-Length: 2\r\n", "abc"),
       "POST / 1.1 keep body=ab left=1"},
      {"the body is not there yet", post_with("Content-Length: 2\r\n", "a"), "more"},
      {"a body may hold any byte", post_with("Content-Length: 4\r\n", "\0\r\n\xff"s),
       "POST / 1.1 keep body=\0\r\n\xff"s},
      {"repeated, differing", post_with("Content-Length: 2\r\nContent-Length: 3\r\n", "ab"), "400"},
      {"repeated, equal", post_with("Content-Length: 2\r\nContent-Length: 2\r\n", "ab"), "400"},
      {"a list of equal numbers", post_with("Content-Length: 2, 2\r\n", "ab"), "400"},
      {"a plus sign", post_with("Content-Length: +2\r\n", "ab"), "400"},
      {"a minus sign", post_with("Content-Length: -2\r\n", "ab"), "400"},
      {"hexadecimal", post_with("Content-Length: 0x2\r\n", "ab"), "400"},
      {"a fraction", post_with("Content-Length: 2.0\r\n", "ab"), "400"},
      {"a digit group", post_with("Content-Length: 1_0\r\n", "ab"), "400"},
      {"a space inside", post_with("Content-Length: 1 0\r\n", "ab"), "400"},
      {"empty", post_with("Content-Length:\r\n", "ab"), "400"},
      {"2^64", post_with("Content-Length: 18446744073709551616\r\n", "ab"), "400"},
      {"2^64 - 1 is only too long", post_with("Content-Length: 18446744073709551615\r\n", "ab"),
       "413"},
  });
}

TEST_CASE("RequestParser: Transfer-Encoding is exactly one chunked (RFC 9112 section 6)") {
  const auto coded = [](const std::string& value) {
    return post_with("Transfer-Encoding: " + value + "\r\n", "2\r\nab\r\n0\r\n\r\n");
  };
  const std::string kChunks = "2\r\nab\r\n0\r\n\r\n";
  check_rows({
      {"chunked", coded("chunked"), kTwo},
      {"in any case (7)", coded("ChUnKeD"), kTwo},
      {"identity does not exist any more", coded("identity"), "400"},
      {"a name that ends like it", coded("xchunked"), "400"},
      {"a name that begins like it", coded("chunkedx"), "400"},
      {"chunked is not final (6.3)", coded("chunked, gzip"), "400"},
      {"chunked twice (6.1)", coded("chunked, chunked"), "400"},
      {"quoted", coded("\"chunked\""), "400"},
      {"with a parameter", coded("chunked;q=1"), "400"},
      {"with a vertical tab", coded("\x0b chunked"), "400"},
      {"with a byte that some trim", coded("chunked\xa0"), "400"},
      {"with an empty member", coded("chunked,"), "400"},
      {"with an empty member before", coded(",chunked"), "400"},
      {"empty", coded(""), "400"},
      {"no chunked at all: the end is unknown (6.3)", coded("gzip"), "400"},
      {"framed, but in a coding that is not known (6.1)", coded("gzip, chunked"), "501"},
      {"the same over two lines",
       post_with("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", kChunks), "400"},
      {"repeated",
       post_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", kChunks), "400"},
      {"on HTTP/1.0 (6.1)", old_post("Transfer-Encoding: chunked\r\n", kChunks), "400"},
      {"unknown on HTTP/1.0", old_post("Transfer-Encoding: gzip, chunked\r\n", kChunks), "400"},
  });
}

TEST_CASE("RequestParser: Content-Length and Transfer-Encoding exclude each other (9112, 6.1)") {
  const auto both = [](const std::string& first, const std::string& second) {
    return post_with(first + "\r\n" + second + "\r\n", "0\r\n\r\nGET /smuggled HTTP/1.1\r\n");
  };
  const std::string length = "Content-Length: 5";
  check_rows({
      {"length first", both(length, "Transfer-Encoding: chunked"), "400"},
      {"coding first", both("Transfer-Encoding: chunked", length), "400"},
      {"with an unknown coding", both(length, "Transfer-Encoding: gzip"), "400"},
      {"with a framed unknown coding", both("Transfer-Encoding: gzip, chunked", length), "400"},
      {"with identity", both("Transfer-Encoding: identity", length), "400"},
      {"with an empty coding", both("Transfer-Encoding:", length), "400"},
      {"with a name in other case", both("tRANSFER-eNCODING: chunked", length), "400"},
      {"with a length of zero", both("Content-Length: 0", "Transfer-Encoding: chunked"), "400"},
      {"with a list of lengths", both("Content-Length: 5, 5", "Transfer-Encoding: chunked"), "400"},
      {"on HTTP/1.0", old_post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       "400"},
  });
}

TEST_CASE("RequestParser: a body in place is a view, a body in pieces is stored") {
  const std::string raw = post_with("Content-Length: 2\r\n", "ab");
  const Limits limits;
  RequestParser parser(limits);

  REQUIRE(parser.feed(raw).progress == RequestParser::Progress::Complete);
  CHECK(parser.body().data() == raw.data() + raw.size() - 2);
  CHECK(parser.body_received() == 0);

  parser.reset();
  const auto [progress, consumed] = parser.feed(std::string_view(raw).substr(0, raw.size() - 1));
  CHECK(progress == RequestParser::Progress::NeedMore);
  CHECK(consumed == raw.size() - 1);
  CHECK(parser.head_complete());
  CHECK(parser.head_bytes() == std::string_view(raw).substr(0, raw.size() - 2));
  CHECK(parser.body_received() == 1);
  CHECK(parser.feed("b").progress == RequestParser::Progress::Complete);
  CHECK(parser.body() == "ab");
}
