// Workers that have as many descriptors as they may.
#include <list>
#include <signal.h>
#include <string>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/running_server.h"

using namespace appserver::test;

namespace {

constexpr int kDescriptors = 48;

// A server each of whose processes may have so many descriptors (prlimit(1)).
struct TightServer {
  TightServer()
      : process("/usr/bin/prlimit", {"--nofile=" + std::to_string(kDescriptors), APPSERVERD_BINARY,
                                     "-b", "127.0.0.1:0", "--workers", "2", server_app("bodies")}),
        address(process.wait_until_listening()) {
    process.wait_for_workers(2);
  }

  ServerProcess process;
  Address address;
};

// A client that stays between its two requests, and leaves after the second answer.
struct Client {
  explicit Client(const Address& address) : connection(address, 60s) { ask(); }
  void ask() { connection.send("GET /large?size=5 HTTP/1.1\r\nHost: a\r\n\r\n"); }
  // Returns: whether it may leave.
  bool go_on() {
    if (!connection.has_input()) {
      return false;
    }
    REQUIRE(connection.read_response().body == "LLLLL");
    if (++answers == 1) {
      ask();
    }
    return answers == 2;
  }

  HttpClient connection;
  int answers = 0;
};

}  // namespace

// Scenario: 1. Both workers accept until they have no descriptor left; other clients wait in the
// queue of the socket. 2. A reload starts a worker, and one of the two leaves. 3. The other one,
// which is full, must not take what is handed over: the kernel would close what finds no room.
TEST_CASE("descriptors: a worker that has none left takes over no connection, and none is lost") {
  TightServer server;
  std::list<Client> clients;
  for (int i = 0; i < 3 * kDescriptors; ++i) {
    clients.emplace_back(server.address);
  }
  server.process.wait_for_log("cannot accept a connection");
  for (unsigned generation = 2; generation < 6; ++generation) {
    server.process.send_signal(SIGHUP);
    server.process.wait_for_generation(generation, 2);
  }
  eventually(30s, "all clients have both answers", [&] {
    clients.remove_if([](Client& client) { return client.go_on(); });
    return clients.empty();
  });
}
