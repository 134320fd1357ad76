// Middleware and forms of an app on a running server.
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include "support/body_bytes.h"
#include "support/http_client.h"
#include "support/running_server.h"
#include "support/worker_memory.h"

using namespace appserver::test;

namespace {

const std::string kHead = " HTTP/1.1\r\nHost: a\r\n";
constexpr const char* kMultipart = "Content-Type: multipart/form-data; boundary=b\r\n";

std::string part(const std::string& name, const std::string& bytes) {
  return "--b\r\nContent-Disposition: form-data; name=\"" + name +
         "\"; filename=\"x.bin\"\r\nContent-Type: a/b\r\n\r\n" + bytes + "\r\n";
}

}  // namespace

TEST_CASE("middleware: what announces too long a body is refused before it is sent") {
  const RunningServer server(server_app("layers"), 1);
  for (const char* line : {"POST /small/collect", "PUT /small/receive"}) {
    CAPTURE(line);
    HttpClient client(server.address);
    client.send(line + kHead + "Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
    const HttpResponse refused = client.read_response();  // no 100 before it
    CHECK(refused.status == 413);
    CHECK(refused.body == "the body is longer than 1000 bytes");
    CHECK(refused.header("X-Through") == "app");
    CHECK(refused.announces_close());
  }
  HttpClient client(server.address);
  CHECK(client.request("POST", "/small/collect", std::string(1000, 'x')).body == "1000");
  client.send("PUT /small/receive" + kHead + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" +
              std::string(1001, 'x') + "\r\n0\r\n\r\n");
  CHECK(client.read_response().status == 413);
  CHECK(client.get("/plain").status == 200);
}

TEST_CASE("middleware: an upload is authenticated before it is sent") {
  const RunningServer server(server_app("layers"), 1);
  HttpClient stranger(server.address);
  stranger.send("PUT /guarded/count" + kHead + "Content-Length: 100000000\r\n\r\n");
  const HttpResponse refused = stranger.read_response();
  CHECK(refused.status == 401);
  CHECK(refused.header("WWW-Authenticate").starts_with("Basic realm=\"layers\""));
  HttpClient eve(server.address);
  CHECK(eve.request("PUT", "/guarded/count", std::string(100'000, 'x'),
                    "Authorization: Basic ZXZlOnNlY3JldA==\r\n")
            .body == "100000");
}

TEST_CASE("middleware: a rate limit holds for a client over all its connections to a worker") {
  const RunningServer server(server_app("layers"), 1);
  CHECK(get(server.address, "/limited/x").status == 200);
  CHECK(get(server.address, "/limited/x").status == 200);
  const HttpResponse refused = get(server.address, "/limited/x");
  CHECK(refused.status == 429);
  CHECK(refused.header("Retry-After") == "1000");
  CHECK(get(server.address, "/plain").status == 200);
}

TEST_CASE("middleware: what it cannot handle is a 500 of the server, with the reason in the log") {
  RunningServer server(server_app("layers"), 1);
  HttpClient client(server.address);
  CHECK(client.get("/throw").status == 500);
  server.process.wait_for_log("kaputt");
  CHECK(client.get("/busy").status == 503);
  CHECK(client.get("/busy").header("X-Through") == "app");
}

TEST_CASE("uploads: a form of megabytes is received through a worker whose memory does not grow") {
  RunningServer server(server_app("layers"), 1);
  HttpClient client(server.address);
  const auto upload = [&client](std::size_t size) {
    const std::string body = part("a", "small") + part("b", std::string(size, '\r')) + "--b--\r\n";
    return client.request("POST", "/upload", body, kMultipart).body;
  };
  CHECK(upload(0) == "a|x.bin|a/b|5|sl\nb|x.bin|a/b|0|\n");
  CHECK(upload(300'000) == "a|x.bin|a/b|5|sl\nb|x.bin|a/b|300000|\r\r\n");
  const std::uint64_t before = worker_memory(server);
  CHECK(upload(7'900'000) == "a|x.bin|a/b|5|sl\nb|x.bin|a/b|7900000|\r\r\n");
  CHECK((!kMemoryTellsSomething || worker_memory(server) < before + 1024));
}

TEST_CASE("uploads: what is malformed or too long is told, and the connection goes on") {
  const RunningServer server(server_app("layers"), 1);
  HttpClient client(server.address);
  const auto status = [&client](const std::string& body) {
    return client.request("POST", "/upload", body, kMultipart).status;
  };
  CHECK(status("--b--") == 200);
  CHECK(status("no form") == 400);
  CHECK(status(part("a", "x")) == 400);
  CHECK(status(part("a", std::string(8'000'001, 'x')) + "--b--") == 413);
  std::string many;
  for (int i = 0; i < 11; ++i) {
    many += part("a", "x");
  }
  CHECK(status(many + "--b--") == 413);
  CHECK(client.get("/plain").status == 200);
}
