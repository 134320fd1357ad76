// Malformed, oversized and unfinished requests over real sockets. What counts as malformed is
// tested exhaustively in unit/http; here it matters that the answer arrives and that the connection
// ends.
#include <chrono>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/running_server.h"

using namespace appserver::test;

namespace {

// Expects `status`, the announced end of the connection, and an end that is no reset: a reset could
// have overtaken the answer.
void check_refused(const Address& address, std::string_view bytes, int status) {
  CAPTURE(std::string(bytes.substr(0, 100)));
  HttpClient client(address);
  client.send(bytes);
  const HttpResponse response = client.read_response();
  CHECK(response.status == status);
  CHECK(response.announces_close());
  client.finish_sending();
  CHECK(client.wait_for_end() == Ending::Closed);
  CHECK(client.unread().empty());
}

std::string with_headers(std::string_view lines) {
  return "POST / HTTP/1.1\r\nHost: test\r\n" + std::string(lines) + "\r\n";
}

}  // namespace

TEST_CASE("bad requests: malformed ones get 400 and a close") {
  const RunningServer server(example_app("echo"), 1);
  using namespace std::string_view_literals;
  for (const std::string_view bytes : {
           "\r\n\r\nnonsense\r\n\r\n"sv,
           "GET /\r\n\r\n"sv,
           "GET / HTTP/1.1\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost : a\r\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n"sv,
           "GET / HTTP/1.1\nHost: a\n\n"sv,
           "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"sv,
           "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"sv,
           "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS client\r\n\r\n"sv,
       }) {
    check_refused(server.address, bytes, 400);
  }
  CHECK(get(server.address, "/").status == 200);
}

TEST_CASE("bad requests: ambiguous lengths get 400, and what follows is not taken for a request") {
  const RunningServer server(example_app("echo"), 1);
  const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: test\r\n\r\n";
  for (const std::string_view lines : {
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
           "Content-Length: 5\r\nContent-Length: 6\r\n",
           "Content-Length: +5\r\n",
           "Content-Length: 0x5\r\n",
           "Transfer-Encoding: identity\r\n",
           "Transfer-Encoding: chunked, chunked\r\n",
       }) {
    check_refused(server.address, with_headers(lines) + smuggled, 400);
  }
  const std::string chunked = with_headers("Transfer-Encoding: chunked\r\n");
  check_refused(server.address, chunked + "5 \r\nhello\r\n0\r\n\r\n" + smuggled, 400);
  check_refused(server.address, chunked + "5\nhello\n0\n\n" + smuggled, 400);
  check_refused(server.address, chunked + "ffffffffffffffffff\r\n" + smuggled, 400);
}

TEST_CASE("bad requests: an unknown transfer coding gets 501") {
  const RunningServer server(example_app("echo"), 1);
  check_refused(server.address, with_headers("Transfer-Encoding: gzip, chunked\r\n"), 501);
}

TEST_CASE("bad requests: good requests before a bad one are answered") {
  const RunningServer server(example_app("echo"), 1);
  HttpClient client(server.address);
  client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nbad\r\n\r\n");
  CHECK(client.read_response().status == 200);
  CHECK(client.read_response().status == 200);
  CHECK(client.read_response().status == 400);
  client.finish_sending();
  CHECK(client.wait_for_end() == Ending::Closed);
}

TEST_CASE("bad requests: limits have statuses of their own") {
  const RunningServer server(example_app("echo"), 1,
                             {"--limit-request-line", "200", "--limit-request-fields", "10",
                              "--limit-request-field-size", "300", "--limit-request-body", "1000"});
  const std::string long_text(1500, 'x');
  check_refused(server.address, "GET /" + long_text + " HTTP/1.1\r\nHost: a\r\n\r\n", 414);
  check_refused(server.address, with_headers("X: " + long_text + "\r\n"), 431);
  std::string many;
  for (int i = 0; i < 20; ++i) {
    many += "X" + std::to_string(i) + ": y\r\n";
  }
  check_refused(server.address, with_headers(many), 431);
  check_refused(server.address, with_headers("Content-Length: 1001\r\n") + long_text, 413);
  check_refused(
      server.address,
      with_headers("Transfer-Encoding: chunked\r\n") + "5dc\r\n" + long_text + "\r\n0\r\n\r\n",
      413);
  HttpClient client(server.address);
  CHECK(client.request("POST", "/", std::string(1000, 'y')).body.size() == 1000);
}

TEST_CASE("bad requests: a refusal reaches a client that goes on sending a large body") {
  const RunningServer server(example_app("echo"), 1, {"--limit-request-body", "1000"});
  check_refused(server.address,
                with_headers("Content-Length: 3000000\r\n") + std::string(3'000'000, 'x'), 413);
}

TEST_CASE("bad requests: a head that does not arrive in time gets 408") {
  const RunningServer server(example_app("hello"), 1, {"--header-timeout", "1"});
  HttpClient client(server.address);
  const auto begin = std::chrono::steady_clock::now();
  client.send("GET / HTTP/1.1\r\nHo");
  CHECK(client.read_response().status == 408);
  CHECK(client.wait_for_end() == Ending::Closed);
  const auto taken = std::chrono::steady_clock::now() - begin;
  CHECK(taken >= 900ms);
  CHECK(taken < 5s);
}

TEST_CASE("bad requests: a head that trickles in does not get more time") {
  const RunningServer server(example_app("hello"), 1, {"--header-timeout", "1"});
  HttpClient client(server.address);
  client.send("GET / HTTP/1.1\r\nX: ");
  const bool ended = becomes_true(5s, [&] {
    client.send("x");
    return client.has_input();
  });
  CHECK(ended);
  CHECK(client.read_response().status == 408);
}

TEST_CASE("bad requests: a body that does not arrive in time gets 408") {
  const RunningServer server(example_app("echo"), 1, {"--body-timeout", "1"});
  HttpClient client(server.address);
  client.send(with_headers("Content-Length: 10\r\n") + "half");
  CHECK(client.read_response().status == 408);
  CHECK(client.wait_for_end() == Ending::Closed);
}

TEST_CASE("bad requests: an idle connection is closed after --keep-alive, without a reset") {
  const RunningServer server(example_app("hello"), 1, {"--keep-alive", "1"});
  HttpClient client(server.address);
  CHECK(client.get("/").status == 200);
  CHECK(client.wait_for_end() == Ending::Closed);
  CHECK(client.unread().empty());
}

TEST_CASE("bad requests: a client that hangs up in the middle of a request harms nobody") {
  RunningServer server(example_app("echo"), 1);
  const pid_t before = server.process.workers()[0].pid;
  for (int i = 0; i < 50; ++i) {
    HttpClient client(server.address);
    client.send(with_headers("Content-Length: 100\r\n") + "half");
  }
  CHECK(get(server.address, "/").status == 200);
  CHECK(server.process.workers()[0].pid == before);
}
