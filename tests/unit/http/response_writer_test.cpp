#include "http/response_writer.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "http/error_pages.h"
#include "http/status.h"

using namespace appserver::http;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";
const std::string kOwn = "Server: appserverd\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

std::string written(unsigned status, const std::vector<Field>& fields, std::string_view body,
                    const Reply& reply = {}) {
  std::string out;
  append_response(out, {status, fields, body}, reply, kDate);
  return out;
}

std::string error_of(unsigned status, const std::vector<Field>& fields) {
  const auto result = validate({status, fields, ""});
  return result ? "" : result.error().message;
}

}  // namespace

TEST_CASE("append_response: status line, fields, Server, Date, length, empty line, body") {
  CHECK(written(200, {{"Content-Type", "text/plain"}, {"X", ""}}, "hello") ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX: \r\n" + kOwn +
            "Content-Length: 5\r\n\r\nhello");
}

TEST_CASE("append_response: appends behind what is there") {
  std::string out = "before";
  append_response(out, {200, {}, "a"}, {}, kDate);
  append_response(out, {404, {}, ""}, {}, kDate);
  CHECK(out == "before" + written(200, {}, "a") + written(404, {}, ""));
}

TEST_CASE("append_response: the connection's fate is said as the version demands (9112, 9.3)") {
  const std::string start = "HTTP/1.1 200 OK\r\n" + kOwn + "Content-Length: 0\r\n";
  CHECK(written(200, {}, "", {false, 1, true}) == start + "\r\n");
  CHECK(written(200, {}, "", {false, 1, false}) == start + "Connection: close\r\n\r\n");
  CHECK(written(200, {}, "", {false, 0, true}) == start + "Connection: keep-alive\r\n\r\n");
  CHECK(written(200, {}, "", {false, 0, false}) == start + "Connection: close\r\n\r\n");
}

TEST_CASE("append_response: the app's framing fields are dropped, in any case") {
  CHECK(written(200,
                {{"content-LENGTH", "99"},
                 {"Transfer-Encoding", "chunked"},
                 {"Connection", "keep-alive"},
                 {"KEEP-ALIVE", "timeout=5"},
                 {"Proxy-Connection", "close"},
                 {"Upgrade", "h2c"},
                 {"Keep-Alive-Not", "x"}},
                "ab") ==
        "HTTP/1.1 200 OK\r\nKeep-Alive-Not: x\r\n" + kOwn + "Content-Length: 2\r\n\r\nab");
}

TEST_CASE("append_response: the app may give its own Server and Date") {
  CHECK(written(200, {{"server", "mine"}, {"DATE", "today"}}, "") ==
        "HTTP/1.1 200 OK\r\nserver: mine\r\nDATE: today\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("append_response: some statuses have no body (RFC 9110 sections 8.6 and 15)") {
  CHECK(written(204, {{"Content-Length", "2"}}, "ab") ==
        "HTTP/1.1 204 No Content\r\n" + kOwn + "\r\n");
  CHECK(written(304, {}, "ab") == "HTTP/1.1 304 Not Modified\r\n" + kOwn + "\r\n");
  CHECK(written(103, {}, "ab") == "HTTP/1.1 103 Early Hints\r\n" + kOwn + "\r\n");
  CHECK(written(205, {}, "ab") ==
        "HTTP/1.1 205 Reset Content\r\n" + kOwn + "Content-Length: 0\r\n\r\n");
}

TEST_CASE("append_response: HEAD gets the length of the body that GET would get (9110, 9.3.2)") {
  const Reply head{true, 1, true};
  const std::string start = "HTTP/1.1 200 OK\r\n" + kOwn;
  CHECK(written(200, {}, "abc", head) == start + "Content-Length: 3\r\n\r\n");
  CHECK(written(200, {{"Content-Length", " 7 "}}, "", head) == start + "Content-Length: 7\r\n\r\n");
  CHECK(written(200, {{"Content-Length", "7"}}, "abc", head) ==
        start + "Content-Length: 3\r\n\r\n");
  CHECK(written(200, {{"Content-Length", "-7"}}, "", head) == start + "Content-Length: 0\r\n\r\n");
  CHECK(written(204, {{"Content-Length", "7"}}, "", head) ==
        "HTTP/1.1 204 No Content\r\n" + kOwn + "\r\n");
}

TEST_CASE("append_response: a status without a registered phrase keeps its space (9112, 4)") {
  CHECK(written(299, {}, "").starts_with("HTTP/1.1 299 \r\n"));
  CHECK(written(418, {}, "").starts_with("HTTP/1.1 418 \r\n"));
  CHECK(written(422, {}, "").starts_with("HTTP/1.1 422 Unprocessable Content\r\n"));
}

TEST_CASE("status: prepared lines agree with the phrases") {
  int prepared = 0;
  for (unsigned status = 100; status < 600; ++status) {
    const std::string_view line = common_status_line(status);
    if (!line.empty()) {
      ++prepared;
      CHECK(line == "HTTP/1.1 " + std::to_string(status) + " " +
                        std::string(reason_phrase(status)) + "\r\n");
    }
  }
  CHECK(prepared > 5);
}

TEST_CASE("status: every phrase is found") {
  CHECK(reason_phrase(100) == "Continue");
  CHECK(reason_phrase(431) == "Request Header Fields Too Large");
  CHECK(reason_phrase(511) == "Network Authentication Required");
  CHECK(reason_phrase(0).empty());
  CHECK(reason_phrase(512).empty());
}

TEST_CASE("validate: what a handler may send") {
  CHECK(error_of(200, {{"X-Name", "any value \t \x80\xff"}, {"x", ""}}).empty());
  CHECK(error_of(599, {}).empty());
}

TEST_CASE("validate: refuses what would split or break a response, and names it") {
  CHECK(error_of(199, {}).find("199") != std::string::npos);
  CHECK(error_of(600, {}).find("600") != std::string::npos);
  CHECK(error_of(200, {{"", "y"}}).find("token") != std::string::npos);
  CHECK(error_of(200, {{"X Y", "y"}}).find("\"X Y\"") != std::string::npos);
  CHECK(error_of(200, {{"X\r\nSet-Cookie", "y"}}).find("X\\x0d\\x0aSet-Cookie") !=
        std::string::npos);
  for (const auto value : {"a\rb"sv, "a\nb"sv, "a\0b"sv, "a\r\nSet-Cookie: b"sv}) {
    CHECK(error_of(200, {{"X-Bad", value}}).find("\"X-Bad\"") != std::string::npos);
  }
  const std::string name(500, '(');
  CHECK(error_of(200, {{name, ""}}).find(name.substr(0, 64) + "...\"") != std::string::npos);
}

TEST_CASE("announces_close: sees close in any Connection field") {
  const auto closes = [](const std::vector<Field>& fields) {
    return announces_close({200, fields, ""});
  };
  CHECK(closes({{"connection", "x, CLOSE"}}));
  CHECK(closes({{"Connection", "x"}, {"Connection", "close"}}));
  CHECK_FALSE(closes({{"Connection", "keep-alive"}}));
  CHECK_FALSE(closes({{"X", "close"}}));
}

TEST_CASE("append_error: a complete answer that ends the connection") {
  std::string out;
  append_error(out, {400, "No Host.", false, 0}, kDate, {}, {});
  CHECK(out ==
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Vary: Accept\r\n" +
            kOwn + "Content-Length: 25\r\nConnection: close\r\n\r\n400 Bad Request\nNo Host.\n");
  out.clear();
  append_error(out, {503, "", false, 2}, kDate, {}, {});
  CHECK(out ==
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Vary: Accept\r\nRetry-After: 2\r\n" +
            kOwn + "Content-Length: 24\r\nConnection: close\r\n\r\n503 Service Unavailable\n");
  out.clear();
  append_error(out, {413, "Long.", true, 0}, kDate, {}, {});
  CHECK(out.ends_with("Content-Length: 28\r\nConnection: close\r\n\r\n"));
}

TEST_CASE("append_error: takes the form that the client accepts, and says how long it is") {
  const std::string json = "{\"title\":\"Not Found\",\"status\":404,\"detail\":\"Nothing.\"}\n";
  std::string out;
  CHECK(append_error(out, {404, "Nothing.", false, 0}, kDate, "application/json", {}) ==
        json.size());
  CHECK(out.find("\r\nContent-Type: application/json\r\n") != std::string::npos);
  CHECK(out.ends_with("\r\n\r\n" + json));
  out.clear();
  CHECK(append_error(out, {404, "Nothing.", true, 0}, kDate, "application/json", {}) == 0);
  CHECK(out.ends_with("Content-Length: " + std::to_string(json.size()) +
                      "\r\nConnection: close\r\n\r\n"));
}

TEST_CASE("append_continue: is an interim response without fields (RFC 9110 section 15.2.1)") {
  std::string out;
  append_continue(out);
  CHECK(out == "HTTP/1.1 100 Continue\r\n\r\n");
}
