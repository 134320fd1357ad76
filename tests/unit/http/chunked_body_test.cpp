#include <string>

#include <doctest/doctest.h>

#include "request_rows.h"

using namespace appserver::http;
using namespace appserver::http::testing;
using namespace std::string_literals;

namespace {

constexpr const char* kTwo = "POST / 1.1 keep body=ab";

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) {
    all += text;
  }
  return all;
}

}  // namespace

TEST_CASE("RequestParser: chunks are decoded (RFC 9112 section 7.1)") {
  check_rows({
      {"one chunk", chunked("2\r\nab\r\n0\r\n\r\n"), kTwo},
      {"two chunks", chunked("1\r\na\r\n1\r\nb\r\n0\r\n\r\n"), kTwo},
      {"an empty body", chunked("0\r\n\r\n"), "POST / 1.1 keep"},
      {"hex digits of both cases", chunked("0A\r\n0123456789\r\n0a\r\n0123456789\r\n0\r\n\r\n"),
       "POST / 1.1 keep body=01234567890123456789"},
      {"content that looks like framing", chunked("5\r\n0\r\n\r\n\r\n0\r\n\r\n"),
       "POST / 1.1 keep body=0\r\n\r\n"},
      {"the next request follows", chunked("2\r\nab\r\n0\r\n\r\nGET"),
       std::string(kTwo) + " left=3"},
      {"16 digits", chunked("0000000000000002\r\nab\r\n0\r\n\r\n"), kTwo},
      {"several zeros end it", chunked("2\r\nab\r\n000\r\n\r\n"), kTwo},
      {"the last line is missing", chunked("2\r\nab\r\n0\r\n"), "more"},
      {"the last chunk is missing", chunked("2\r\nab\r\n"), "more"},
      {"content is missing", chunked("2\r\na"), "more"},
  });
}

TEST_CASE("RequestParser: chunk framing is strict (RFC 9112 section 7.1)") {
  check_rows({
      {"17 digits", chunked("00000000000000002\r\nab\r\n0\r\n\r\n"), "400"},
      {"a prefix", chunked("0x2\r\nab\r\n0\r\n\r\n"), "400"},
      {"a sign", chunked("+2\r\nab\r\n0\r\n\r\n"), "400"},
      {"a negative size", chunked("-2\r\nab\r\n0\r\n\r\n"), "400"},
      {"a digit group", chunked("0_2\r\nab\r\n0\r\n\r\n"), "400"},
      {"white space before the size", chunked(" 2\r\nab\r\n0\r\n\r\n"), "400"},
      {"white space after the size", chunked("2 \r\nab\r\n0\r\n\r\n"), "400"},
      {"no size", chunked("\r\nab\r\n0\r\n\r\n"), "400"},
      {"an extension without a size", chunked(";a\r\n0\r\n\r\n"), "400"},
      {"bare LF after the size", chunked("2\nab\r\n0\r\n\r\n"), "400"},
      {"bare CR after the size", chunked("2\rab\r\n0\r\n\r\n"), "400"},
      {"bare LF after the content", chunked("2\r\nab\n0\r\n\r\n"), "400"},
      {"nothing after the content", chunked("2\r\nab0\r\n\r\n"), "400"},
      {"other bytes where the CRLF belongs", chunked("2\r\nabXX0\r\n\r\n"), "400"},
      {"a wrong byte is refused before the next one comes", chunked("2\r\nabX"), "400"},
      {"content that is too long", chunked("2\r\nabc\r\n0\r\n\r\n"), "400"},
      {"bare LF as the last line", chunked("2\r\nab\r\n0\r\n\n"), "400"},
      {"a size that needs more than 64 bits", chunked("fffffffffffffffff\r\n"), "400"},
      {"NUL in the line", chunked("2\0\r\nab\r\n0\r\n\r\n"s), "400"},
  });
}

TEST_CASE("RequestParser: chunk extensions are checked and ignored (RFC 9112 section 7.1.1)") {
  check_rows({
      {"a name", chunked("2;a\r\nab\r\n0\r\n\r\n"), kTwo},
      {"a value", chunked("2;a=b;c=d\r\nab\r\n0;e\r\n\r\n"), kTwo},
      {"a quoted value", chunked("2;a=\"b;\\\"c\"\r\nab\r\n0\r\n\r\n"), kTwo},
      {"white space around it", chunked("2 ; a = b\r\nab\r\n0\r\n\r\n"), kTwo},
      {"nothing after the semicolon", chunked("2;\r\nab\r\n0\r\n\r\n"), "400"},
      {"no value", chunked("2;a=\r\nab\r\n0\r\n\r\n"), "400"},
      {"CRLF inside quotes", chunked("2;a=\"\r\n\"\r\nab\r\n0\r\n\r\n"), "400"},
      {"LF inside quotes", chunked("2;a=\"\n\"\r\nab\r\n0\r\n\r\n"), "400"},
      {"CR inside quotes", chunked("2;a=\"\r\"\r\nab\r\n0\r\n\r\n"), "400"},
      {"NUL inside quotes", chunked("2;a=\"\0\"\r\nab\r\n0\r\n\r\n"s), "400"},
      {"quotes that never close", chunked("2;a=\"b\r\nab\r\n0\r\n\r\n"), "400"},
      {"quotes that close in the last chunk", chunked("2;a=\"b\r\nab\r\n0;\"\r\n\r\n"), "400"},
      {"CRLF inside quotes of the last chunk", chunked("0;a=\"\r\n\"\r\n\r\n"), "400"},
      {"a line of more than 4 KiB", chunked("2;a=" + std::string(4096, 'b')), "400"},
  });
}

TEST_CASE("RequestParser: trailers are checked, dropped and change nothing (9110, 6.5.1)") {
  check_rows({
      {"a trailer", chunked("2\r\nab\r\n0\r\nX: y\r\n\r\n"), kTwo},
      {"close does not count", chunked("2\r\nab\r\n0\r\nConnection: close\r\n\r\n"), kTwo},
      {"Host does not count", chunked("2\r\nab\r\n0\r\nHost: b\r\n\r\n"), kTwo},
      {"Expect does not count", chunked("2\r\nab\r\n0\r\nExpect: x\r\n\r\n"), kTwo},
      {"Content-Length is framing", chunked("0\r\nContent-Length: 5\r\n\r\n"), "400"},
      {"Transfer-Encoding is framing", chunked("0\r\nTransfer-Encoding: chunked\r\n\r\n"), "400"},
      {"space before the colon", chunked("0\r\nX : y\r\n\r\n"), "400"},
      {"no colon", chunked("0\r\nX\r\n\r\n"), "400"},
      {"NUL in a value", chunked("0\r\nX: \0\r\n\r\n"s), "400"},
      {"folding", chunked("0\r\nX: y\r\n z\r\n\r\n"), "400"},
      {"bare LF", chunked("0\r\nX: y\n\r\n"), "400"},
      {"too many", chunked("0\r\n" + repeated("X: y\r\n", 101) + "\r\n"), "400"},
      {"100 of them pass", chunked("0\r\n" + repeated("X: y\r\n", 100) + "\r\n"),
       "POST / 1.1 keep"},
      {"more than 16 KiB", chunked("0\r\n" + repeated("X: " + std::string(1000, 'y') + "\r\n", 17)),
       "400"},
  });
}

TEST_CASE("RequestParser: trailers never appear among the fields") {
  const std::string raw = chunked("0\r\nX: y\r\nHost: b\r\n\r\n");
  const Limits limits;
  RequestParser parser(limits);
  REQUIRE(parser.feed(raw).progress == RequestParser::Progress::Complete);
  CHECK(parser.head().fields ==
        std::vector<Field>{{"Host", "a"}, {"Transfer-Encoding", "chunked"}});
  CHECK(parser.head().host == "a");
  CHECK(parser.head().chunked);
  CHECK_FALSE(parser.head().content_length.has_value());
}

TEST_CASE("RequestParser: small chunks pass, a body that is mostly framing does not") {
  const std::string tiny = repeated("1\r\nx\r\n", 20000);
  const std::string wordy = repeated("1;" + std::string(1000, 'a') + "\r\nx\r\n", 20);
  const std::string long_ago =
      repeated("1000;" + std::string(1000, 'a') + "\r\n" + std::string(4096, 'x') + "\r\n", 20);
  check_rows({
      {"20000 chunks of one byte", chunked(tiny + "0\r\n\r\n"),
       "POST / 1.1 keep body=" + std::string(20000, 'x')},
      {"20 KiB of extensions for 20 bytes", chunked(wordy), "400"},
      {"the same with content in proportion", chunked(long_ago + "0\r\n\r\n"),
       "POST / 1.1 keep body=" + std::string(20 * 4096, 'x')},
  });
}
