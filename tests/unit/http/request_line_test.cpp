#include <string>

#include <doctest/doctest.h>

#include "request_rows.h"

using namespace appserver::http::testing;
using namespace std::string_literals;

namespace {

// A request on HTTP/1.1 whose request line is given.
std::string line(const std::string& text) {
  return text + "\r\nHost: a\r\n\r\n";
}

}  // namespace

TEST_CASE("RequestParser: a request line is method, target and version with single spaces") {
  check_rows({
      {"the plainest request", line("GET / HTTP/1.1"), "GET / 1.1 keep"},
      {"HTTP/1.0 closes by default (9112, 9.3)", line("GET / HTTP/1.0"), "GET / 1.0 close"},
      {"an unknown method is the app's business (9110, 9.1)", line("BREW /pot HTTP/1.1"),
       "BREW /pot 1.1 keep"},
      {"methods are case-sensitive (9110, 9.1)", line("get / HTTP/1.1"), "get / 1.1 keep"},
      {"a method may use every token character", line("M-SEARCH!#$ / HTTP/1.1"),
       "M-SEARCH!#$ / 1.1 keep"},
      {"two spaces before the target (9112, 3)", line("GET  / HTTP/1.1"), "400"},
      {"two spaces before the version (9112, 3)", line("GET /  HTTP/1.1"), "400"},
      {"a tab is no separator (9112, 3)", line("GET\t/\tHTTP/1.1"), "400"},
      {"white space after the version", line("GET / HTTP/1.1 "), "400"},
      {"white space before the method", line(" GET / HTTP/1.1"), "400"},
      {"a method must be a token (9110, 9.1)", line("GE(T / HTTP/1.1"), "400"},
      {"no target", line("GET HTTP/1.1"), "400"},
      {"HTTP/0.9 has no version (9112, C.1)", line("GET /"), "400"},
      {"NUL in the request line", line("GET /\0 HTTP/1.1"s), "400"},
      {"a control in the request line", line("GET /\x01 HTTP/1.1"), "400"},
      {"DEL in the request line", line("GET /\x7f HTTP/1.1"), "400"},
      {"a TLS hello on a plain port", "\x16\x03\x01\x02", "400"},
      {"nothing at all", "", "more"},
      {"half a request line", "GET / HT", "more"},
  });
}

TEST_CASE("RequestParser: only HTTP/1.0 and HTTP/1.1 are spoken") {
  check_rows({
      {"a later minor version (9110, 2.5)", line("GET / HTTP/1.2"), "505"},
      {"HTTP/2 in text", line("GET / HTTP/2.0"), "505"},
      {"HTTP/0.9 by name", line("GET / HTTP/0.9"), "505"},
      {"the HTTP/2 preface (9113, 3.4)", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
      {"two digits are no version (9112, 2.3)", line("GET / HTTP/1.10"), "400"},
      {"a missing minor version", line("GET / HTTP/1"), "400"},
      {"lower case (9112, 2.3)", line("GET / http/1.1"), "400"},
      {"another protocol", line("GET / ICAP/1.0"), "400"},
      {"letters for digits", line("GET / HTTP/x.y"), "400"},
  });
}

TEST_CASE("RequestParser: only CRLF ends a line (RFC 9112 section 2.2)") {
  check_rows({
      {"bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", "400"},
      {"bare LF after a field", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", "400"},
      {"bare LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n", "400"},
      {"bare LFs throughout", "GET / HTTP/1.1\nHost: a\n\n", "400"},
      {"bare LF, refused before the head ends", "GET / HTTP/1.1\n", "400"},
      {"bare CR after the version", "GET / HTTP/1.1\rHost: a\r\n\r\n", "400"},
      {"bare CR in a value", get_with("X: a\rb\r\n"), "400"},
      {"two CRs before the LF", get_with("X: a\r\r\n"), "400"},
      {"bare CR as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\rX: y\r\n\r\n", "400"},
  });
}

TEST_CASE("RequestParser: one empty line before a request is forgiven (RFC 9112 section 2.2)") {
  check_rows({
      {"one CRLF", "\r\n" + line("GET / HTTP/1.1"), "GET / 1.1 keep"},
      {"two CRLFs", "\r\n\r\n" + line("GET / HTTP/1.1"), "400"},
      {"a bare LF", "\n" + line("GET / HTTP/1.1"), "400"},
      {"a bare CR", "\r" + line("GET / HTTP/1.1"), "400"},
      {"only the CRLF", "\r\n", "more"},
      {"half of it", "\r", "more"},
  });
}

TEST_CASE("RequestParser: the target's form follows the method (RFC 9112 section 3.2)") {
  check_rows({
      {"origin-form with query", line("GET /a/b?c=d HTTP/1.1"), "GET /a/b?c=d 1.1 keep"},
      {"an empty query", line("GET /a? HTTP/1.1"), "GET /a 1.1 keep"},
      {"a question mark in the query", line("GET /a?b?c HTTP/1.1"), "GET /a?b?c 1.1 keep"},
      {"two slashes are a path, not a host", line("GET //b/c HTTP/1.1"), "GET //b/c 1.1 keep"},
      {"escapes are left alone", line("GET /%2e%00 HTTP/1.1"), "GET /%2e%00 1.1 keep"},
      {"asterisk-form (3.2.4)", line("OPTIONS * HTTP/1.1"), "OPTIONS * 1.1 keep"},
      {"asterisk-form is for OPTIONS only", line("GET * HTTP/1.1"), "400"},
      {"absolute-form (3.2.2)", line("GET http://b/c?d HTTP/1.1"), "GET /c?d 1.1 keep"},
      {"absolute-form in capitals", line("GET HTTPS://B/ HTTP/1.1"), "GET / 1.1 keep"},
      {"absolute-form without path", line("GET http://b:80 HTTP/1.1"), "GET / 1.1 keep"},
      {"absolute-form with query only", line("GET http://b?c HTTP/1.1"), "GET /?c 1.1 keep"},
      {"absolute-form of OPTIONS * (3.2.4)", line("OPTIONS http://b HTTP/1.1"),
       "OPTIONS * 1.1 keep"},
      {"user information is an error (9110, 4.2.4)", line("GET http://u@b/ HTTP/1.1"), "400"},
      {"an empty host is an error (9110, 4.2.1)", line("GET http:///c HTTP/1.1"), "400"},
      {"a bad port", line("GET http://b:x/ HTTP/1.1"), "400"},
      {"another scheme", line("GET ftp://b/ HTTP/1.1"), "400"},
      {"a relative path", line("GET a/b HTTP/1.1"), "400"},
      {"authority-form is for CONNECT only (3.2.3)", line("GET b:80 HTTP/1.1"), "400"},
      {"a fragment is never sent (9110, 4.2.5)", line("GET /a#b HTTP/1.1"), "400"},
  });
}

TEST_CASE("RequestParser: a target carries no character that a URI cannot (RFC 3986)") {
  for (const char c : "\"<>\\^`{|}#\x80\xff"s) {
    INFO("character code " << static_cast<int>(static_cast<unsigned char>(c)));
    check_rows({{"in a path", line("GET /a"s + c + " HTTP/1.1"), "400"},
                {"in a query", line("GET /?a"s + c + " HTTP/1.1"), "400"}});
  }
}

TEST_CASE("RequestParser: CONNECT and TRACE are not implemented (RFC 9110 section 9.3)") {
  check_rows({
      {"CONNECT needs a proxy (9.3.6)", line("CONNECT b:443 HTTP/1.1"), "501"},
      {"CONNECT with a path", line("CONNECT /a HTTP/1.1"), "400"},
      {"CONNECT without a port", line("CONNECT b HTTP/1.1"), "400"},
      {"TRACE would echo credentials (9.3.8)", line("TRACE / HTTP/1.1"), "501"},
      {"a malformed TRACE is malformed first", "TRACE / HTTP/1.1\r\n\r\n", "400"},
  });
}
