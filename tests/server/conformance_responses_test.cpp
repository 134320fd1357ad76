// The way back, byte for byte: bodies that must not be there, lengths, interim responses, and how
// many segments a small response takes.
#include <array>
#include <poll.h>
#include <string>
#include <sys/socket.h>

#include <doctest/doctest.h>

#include "fixtures/http/row.h"
#include "support/http_client.h"
#include "support/witness_server.h"

using namespace appserver::test;
using namespace appserver::http::testing;

namespace {

// What a single recv() gets of the answer to `request`.
std::string first_segment(const Address& address, std::string_view request) {
  const appserver::UniqueFd socket = start_connecting(address);
  pollfd ready{.fd = socket.get(), .events = POLLOUT, .revents = 0};
  REQUIRE(::poll(&ready, 1, 10'000) == 1);
  REQUIRE(::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size()));
  ready.events = POLLIN;
  REQUIRE(::poll(&ready, 1, 10'000) == 1);
  std::array<char, 64 * 1024> block;
  const ssize_t got = ::recv(socket.get(), block.data(), block.size(), 0);
  REQUIRE(got > 0);
  return {block.data(), static_cast<std::size_t>(got)};
}

std::string request_for(const std::string& method, const std::string& target,
                        const std::string& lines = "") {
  return method + " " + target + " HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
}

}  // namespace

TEST_CASE("conformance: HEAD is answered like GET, without the body (RFC 9110 section 9.3.2)") {
  WitnessServer server;
  HttpClient client(server.address());
  client.send(request_for("HEAD", "/") + request_for("GET", "/xy") + request_for("HEAD", "/"));
  const HttpResponse head = client.read_response("HEAD");
  CHECK(head.status == 200);
  CHECK(head.header("Content-Length") == std::to_string(std::string("HEAD / 1.1").size()));
  CHECK_FALSE(head.has_header("Transfer-Encoding"));
  // A byte of body too many would be the beginning of this one.
  CHECK(client.read_response().body == "GET /xy 1.1");
  CHECK(client.read_response("HEAD").status == 200);
  client.finish_sending();
  CHECK(client.wait_for_end() == Ending::Closed);
  CHECK(client.unread().empty());
}

TEST_CASE("conformance: 204 and 304 have neither body nor length, 205 an empty body") {
  WitnessServer server;
  HttpClient client(server.address());
  for (const char* status : {"204", "304"}) {
    const HttpResponse response = client.get(std::string("/?status=") + status);
    CHECK(std::to_string(response.status) == status);
    CHECK_FALSE(response.has_header("Content-Length"));
    CHECK_FALSE(response.has_header("Transfer-Encoding"));
    CHECK(response.has_header("Date"));
  }
  const HttpResponse reset = client.get("/?status=205");
  CHECK(reset.status == 205);
  CHECK(reset.header("Content-Length") == "0");
  CHECK(client.get("/next").body == "GET /next 1.1");
}

TEST_CASE("conformance: an error of the app keeps its body and the connection") {
  WitnessServer server;
  HttpClient client(server.address());
  for (const int status : {400, 404, 418, 500, 503, 599}) {
    const std::string query = "/?status=" + std::to_string(status);
    const HttpResponse response = client.get(query);
    CHECK(response.status == status);
    CHECK(response.body == "GET " + query + " 1.1");
    CHECK_FALSE(response.announces_close());
  }
}

TEST_CASE("conformance: head and body of a small response leave in one segment") {
  WitnessServer server;
  const std::string small = first_segment(server.address(), request_for("GET", "/small"));
  CHECK(small.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(small.ends_with("\r\n\r\nGET /small 1.1"));

  const std::string refusal = first_segment(server.address(), "GET / HTTP/1.1\r\n\r\n");
  CHECK(refusal.starts_with("HTTP/1.1 400 Bad Request\r\n"));
  CHECK(refusal.find("\r\n\r\n400 Bad Request\n") != std::string::npos);
}

TEST_CASE("conformance: the answers to pipelined requests leave in one segment") {
  WitnessServer server;
  const std::string both = first_segment(
      server.address(), request_for("GET", "/1") + request_for("HEAD", "/2") + "bad\r\n\r\n");
  CHECK(both.find("GET /1 1.1") != std::string::npos);
  CHECK(both.find("HTTP/1.1 400 Bad Request\r\n") != std::string::npos);
}

TEST_CASE(
    "conformance: 100 Continue is sent once, and only when the body is wanted (9110, 10.1.1)") {
  WitnessServer server;
  HttpClient client(server.address());
  const std::string expecting = "Expect: 100-continue\r\n";
  for (const char* framing : {"Content-Length: 2\r\n", "Transfer-Encoding: chunked\r\n"}) {
    client.send(request_for("POST", "/", expecting + framing));
    CHECK(client.read_response().status == 100);
    const bool is_chunked = framing[0] == 'T';
    client.send(is_chunked ? "1\r\na\r\n" : "a");
    client.send(is_chunked ? "1\r\nb\r\n0\r\n\r\n" : "b");
    CHECK(client.read_response().body == "POST / 1.1 body=ab");
  }
  client.send(request_for("POST", "/", expecting + "Content-Length: 2\r\n") + "ab");
  CHECK(client.read_response().status == 200);
  client.send(request_for("GET", "/", expecting));
  CHECK(client.read_response().status == 200);
  client.send("POST / HTTP/1.0\r\nConnection: keep-alive\r\n" + expecting +
              "Content-Length: 2\r\n\r\n");
  client.send("ab");
  CHECK(client.read_response().body == "POST / 1.0 body=ab");
}

TEST_CASE("conformance: no body is asked for that will not be read (RFC 9110 section 10.1.1)") {
  const WitnessServer server;
  for (const char* lines :
       {"Content-Length: 99999999999\r\nExpect: 100-continue\r\n",
        "Content-Length: 2\r\nExpect: 100-continue, other\r\n",
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n"}) {
    HttpClient client(server.address());
    client.send(request_for("POST", "/", lines));
    CHECK(client.read_response().status >= 400);
  }
}

TEST_CASE("conformance: a version of our own, whatever the client's (RFC 9110 section 6.2)") {
  const WitnessServer server;
  for (const char* request :
       {"GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.9\r\nHost: a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}) {
    CHECK(first_segment(server.address(), request).starts_with("HTTP/1.1 "));
  }
}
