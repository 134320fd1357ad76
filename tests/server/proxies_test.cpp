// The server behind the proxies that people use, each configured as docs/PROXIES.md says.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/running_proxy.h"
#include "support/running_server.h"

using namespace appserver::test;

namespace {

// Neither trusted nor the proxy's own: the client of the tests.
constexpr const char* kClient = "127.0.0.7";

std::string large_text() {
  std::string text;
  for (int i = 0; text.size() < 2 * 1024 * 1024; ++i) {
    text += std::to_string(i) + ' ';
  }
  return text;
}

// A server and a proxy in front of it.
struct Pair {
  ProxyFolder folder;
  RunningServer server;
  RunningProxy proxy;
  Address client = {};

  Pair(Proxy kind, bool is_unix)
      : server(server_app("mirror"), 2, is_unix ? folder.unix_bind() : std::vector<std::string>{}),
        proxy(kind, is_unix ? Address{.unix_path = folder / "app.sock"} : server.address, folder),
        client(proxy.address) {
    client.from = kClient;
  }
};

void check_bodies(const Pair& pair) {
  HttpClient client(pair.client);
  CHECK(client.get("/target/a%20b%7E/?x=1").body == "/target/a%20b%7E/?x=1");
  const std::string large = large_text();
  const HttpResponse response = client.request("POST", "/body", large);
  CHECK(response.status == 200);
  CHECK((response.body == large));

  client.send(
      "POST /body HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"
      "6\r\nHello,\r\n");
  client.send("7\r\n World!\r\n0\r\n\r\n");
  CHECK(client.read_response().body == "Hello, World!");
  CHECK(client.request("HEAD", "/target/").body.empty());
  CHECK(client.get("/nothing/here").status == 404);
}

void check_streams(const Pair& pair) {
  HttpClient client(pair.client);
  const HttpResponse response = client.get("/pieces/2000");
  CHECK(response.status == 200);
  REQUIRE(response.body.size() == 2'000'000);
  for (std::size_t i = 0; i < 2000; ++i) {
    REQUIRE(response.body.compare(i * 1000, 1000,
                                  std::string(1000, static_cast<char>('0' + i % 10))) == 0);
  }
}

void check_reuse(const Pair& pair) {
  const std::size_t before = connections_made_to(pair.server.address.port);
  HttpClient client(pair.client);
  for (int i = 0; i < 100; ++i) {
    REQUIRE(client.get("/target/").status == 200);
  }
  CHECK(connections_made_to(pair.server.address.port) <= before + 5);
}

// What clients claim about themselves must not reach the app as if the proxy had said it.
void check_fields(const Pair& pair) {
  HttpClient client(pair.client);
  const HttpResponse response =
      client.request("GET", "/fields", {},
                     "X-Forwarded-For: 192.0.2.66\r\n"
                     "X-Forwarded-Proto: https\r\n"
                     "X-Forwarded-Host: evil.example\r\n"
                     "X-Forwarded-Port: 1\r\n"
                     "X-Forwarded-Ssl: on\r\n"
                     "X-Forwarded-Protocol: ssl\r\n"
                     "Forwarded: for=192.0.2.66;proto=https;host=evil.example\r\n");
  CAPTURE(response.body);
  REQUIRE(response.status == 200);
  const std::string fields = "\n" + response.body;
  const auto has = [&fields](const std::string& line) {
    return fields.find("\n" + line + "\n") != fields.npos;
  };
  CHECK(has(std::string("x-forwarded-for: ") + kClient));
  CHECK(has("x-forwarded-proto: http"));
  CHECK(has("x-forwarded-host: test"));
  CHECK(has("host: test"));
  CHECK(fields.find("192.0.2.66") == fields.npos);
  CHECK(fields.find("evil") == fields.npos);
  CHECK(fields.find("-ssl") == fields.npos);
  CHECK(fields.find("-protocol") == fields.npos);
  // Proxies do not pass the client's port on.
  CHECK(has(std::string("peer: ") + kClient + ":0"));
}

void check_aborts(const Pair& pair) {
  const auto workers = pair.server.process.workers();
  for (int i = 0; i < 10; ++i) {
    HttpClient uploading(pair.client);
    uploading.send("POST /body HTTP/1.1\r\nHost: test\r\nContent-Length: 100000\r\n\r\npart");
    HttpClient waiting(pair.client);
    waiting.send("GET /sleep/100 HTTP/1.1\r\nHost: test\r\n\r\n");
    HttpClient streaming(pair.client);
    streaming.send("GET /pieces/1000000 HTTP/1.1\r\nHost: test\r\n\r\n");
    HttpClient careless(pair.client);
    careless.send("GET /target/ HTTP/1.1\r\nHost: test\r\n\r\n");
  }
  for (int i = 0; i < 10; ++i) {
    CHECK(get(pair.client, "/target/").status == 200);
  }
  const auto workers_after = pair.server.process.workers();
  REQUIRE(workers_after.size() == workers.size());
  for (std::size_t i = 0; i < workers.size(); ++i) {
    CHECK(workers_after[i].pid == workers[i].pid);
  }
}

void check_all(Proxy kind) {
  for (const bool is_unix : {false, true}) {
    CAPTURE(is_unix);
    const Pair pair(kind, is_unix);
    check_bodies(pair);
    check_streams(pair);
    check_fields(pair);
    check_aborts(pair);
    if (!is_unix) {
      check_reuse(pair);
    }
  }
}

}  // namespace

TEST_CASE("proxies: nginx as documented carries bodies, clients and their aborts") {
  check_all(Proxy::Nginx);
}

TEST_CASE("proxies: HAProxy as documented carries bodies, clients and their aborts") {
  check_all(Proxy::Haproxy);
}

TEST_CASE("proxies: Caddy as documented carries bodies, clients and their aborts") {
  check_all(Proxy::Caddy);
}

TEST_CASE("proxies: Apache as documented carries bodies, clients and their aborts") {
  check_all(Proxy::Apache);
}

TEST_CASE("proxies: fields of a client that is not trusted are shown and not believed") {
  const RunningServer server(server_app("mirror"));
  Address stranger = server.address;
  stranger.from = kClient;
  HttpClient client(stranger);
  const HttpResponse response = client.request("GET", "/fields", {},
                                               "X-Forwarded-For: 192.0.2.66\r\n"
                                               "X-Forwarded-Proto: https\r\n"
                                               "X-Forwarded-Ssl: off\r\n");
  REQUIRE(response.status == 200);
  CHECK(response.body.starts_with(std::string("peer: ") + kClient + ":"));
  CHECK(response.body.find("x-forwarded-for: 192.0.2.66\n") != std::string::npos);
}

TEST_CASE("proxies: fields that contradict each other are refused from a trusted peer") {
  const RunningServer server(server_app("mirror"));
  HttpClient client(server.address);
  CHECK(client.request("GET", "/fields", {}, "X-Forwarded-Proto: https\r\nX-Forwarded-Ssl: off\r\n")
            .status == 400);
}

TEST_CASE("proxies: --forwarded-allow-ips says who is believed, by address and block") {
  const RunningServer server(server_app("mirror"), 1,
                             {"--forwarded-allow-ips", "127.0.0.7,127.0.1.0/24"});
  for (const auto& [from, client] : std::vector<std::pair<std::string, std::string>>{
           {"127.0.0.7", "192.0.2.66"}, {"127.0.1.99", "192.0.2.66"}, {"127.0.2.1", "127.0.2.1"}}) {
    Address address = server.address;
    address.from = from;
    HttpClient proxy(address);
    const HttpResponse response =
        proxy.request("GET", "/fields", {}, "X-Forwarded-For: 192.0.2.66, 127.0.1.3\r\n");
    CAPTURE(from);
    CHECK(response.body.starts_with("peer: " + client + ":"));
  }
}
