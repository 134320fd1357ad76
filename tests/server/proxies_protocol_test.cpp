// The PROXY protocol (haproxy's doc/proxy-protocol.txt) on real sockets, and from a real HAProxy.
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/running_proxy.h"
#include "support/running_server.h"

using namespace appserver::test;

namespace {

constexpr std::string_view kGet = "GET /fields HTTP/1.1\r\nHost: test\r\n\r\n";
constexpr std::string_view kLine = "PROXY TCP4 192.0.2.7 198.51.100.1 51234 443\r\n";
// Version 2, 192.0.2.7:51234 to 198.51.100.1:443.
constexpr std::string_view kBinary{
    "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\xc6\x33\x64\x01\xc8\x22\x01\xbb", 28};
constexpr std::string_view kLocal{"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16};

// The client as the app sees it.
std::string peer_of(const HttpResponse& response) {
  return response.body.substr(0, response.body.find('\n'));
}

struct Listener {
  RunningServer server{server_app("mirror"), 1, {"--proxy-protocol"}};

  // Sends a connection's first bytes and reads the answer to the request among them.
  [[nodiscard]] HttpResponse answer_to(std::string_view bytes) const {
    HttpClient client(server.address);
    client.send(bytes);
    return client.read_response();
  }
};

// Whether a connection that starts with these bytes and a request is ended. The server leaves bytes
// unread, so that the end may be a reset.
void check_refused(const Address& address, std::string_view start) {
  HttpClient client(address);
  client.send(std::string(start) + std::string(kGet));
  static_cast<void>(client.wait_for_end());
  CHECK(client.unread().empty());
}

}  // namespace

TEST_CASE("PROXY protocol: version 1, version 2 and LOCAL tell who the client is") {
  const Listener listener;
  CHECK(peer_of(listener.answer_to(std::string(kLine) + std::string(kGet))) ==
        "peer: 192.0.2.7:51234");
  CHECK(peer_of(listener.answer_to(std::string(kBinary) + std::string(kGet))) ==
        "peer: 192.0.2.7:51234");
  CHECK(peer_of(listener.answer_to(std::string(kLocal) + std::string(kGet)))
            .starts_with("peer: 127.0.0.1:"));
}

TEST_CASE("PROXY protocol: a header may arrive byte by byte and counts for the whole connection") {
  const Listener listener;
  HttpClient client(listener.server.address);
  for (const char c : std::string(kBinary) + std::string(kGet)) {
    client.send({&c, 1});
  }
  CHECK(peer_of(client.read_response()) == "peer: 192.0.2.7:51234");
  CHECK(peer_of(client.get("/fields")) == "peer: 192.0.2.7:51234");
  client.send(std::string(kGet) + std::string(kGet));
  CHECK(peer_of(client.read_response()) == "peer: 192.0.2.7:51234");
  CHECK(peer_of(client.read_response()) == "peer: 192.0.2.7:51234");
}

TEST_CASE("PROXY protocol: a connection without a good header is ended without an answer") {
  const Listener listener;
  std::string damaged(kBinary);
  damaged[13] = '\x41';  // A family that does not exist.
  for (const std::string& start : {std::string(), damaged, std::string("PROXY TCP4 a b c d\r\n"),
                                   "\r\n" + std::string(kLine)}) {
    CAPTURE(start);
    check_refused(listener.server.address, start);
  }
  CHECK(listener.answer_to(std::string(kLine) + std::string(kGet)).status == 200);
}

TEST_CASE("PROXY protocol: a second header is no request") {
  const Listener listener;
  CHECK(listener.answer_to(std::string(kLine) + std::string(kLine) + std::string(kGet)).status ==
        400);
}

TEST_CASE("PROXY protocol: who is not in --proxy-allow-from is refused, header or not") {
  const Listener listener;
  Address address = listener.server.address;
  address.from = "127.0.0.7";
  check_refused(address, {});
  check_refused(address, kLine);
}

TEST_CASE(
    "PROXY protocol: forwarding fields are believed if the client is trusted, not the proxy") {
  const Listener listener;
  const std::string get =
      "GET /fields HTTP/1.1\r\nHost: test\r\nX-Forwarded-For: 192.0.2.66\r\n\r\n";
  const std::string unknown = "PROXY UNKNOWN\r\n";
  const std::string trusted = "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n";
  CHECK(peer_of(listener.answer_to(std::string(kLine) + get)) == "peer: 192.0.2.7:51234");
  CHECK(peer_of(listener.answer_to(unknown + get)).starts_with("peer: 127.0.0.1:"));
  CHECK(peer_of(listener.answer_to(trusted + get)) == "peer: 192.0.2.66:0");
  CHECK(peer_of(listener.answer_to(std::string(kLocal) + get)) == "peer: 192.0.2.66:0");
}

TEST_CASE("PROXY protocol: without the option a header is no request") {
  const RunningServer server(server_app("mirror"), 1);
  HttpClient client(server.address);
  client.send(std::string(kLine) + std::string(kGet));
  CHECK(client.read_response().status == 400);
}

TEST_CASE("PROXY protocol: HAProxy as documented passes clients on with a checksum") {
  const ProxyFolder folder;
  const Listener listener;
  const RunningProxy proxy(Proxy::Haproxy, listener.server.address, folder, 1);
  Address address = proxy.address;
  address.from = "127.0.0.7";
  for (int i = 0; i < 3; ++i) {
    HttpClient client(address);
    for (int request = 0; request < 3; ++request) {
      const HttpResponse response =
          client.request("GET", "/fields", {}, "X-Forwarded-For: 192.0.2.66\r\n");
      CHECK(peer_of(response).starts_with("peer: 127.0.0.7:"));
      CHECK(peer_of(response) != "peer: 127.0.0.7:0");
    }
  }
}
