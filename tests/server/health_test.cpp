// What probes are told by the server itself.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/read_file.h"
#include "support/running_server.h"

using namespace appserver::test;

TEST_CASE("health: the server answers its probes, and the app never hears of them") {
  RunningServer server(server_app("scripted"), 1);
  HttpClient client(server.address);
  for (const char* path : {"/healthz", "/readyz", "/healthz?verbose=1"}) {
    CAPTURE(path);
    const HttpResponse response = client.get(path);
    CHECK(response.status == 200);
    CHECK(response.body == "ok");
    CHECK(response.header("Content-Type") == "text/plain");
    CHECK(response.header("Cache-Control") == "no-store");
    CHECK_FALSE(response.announces_close());
  }
  const HttpResponse head = client.request("HEAD", "/readyz");
  CHECK(head.status == 200);
  CHECK(head.header("Content-Length") == "2");
  CHECK(client.request("POST", "/healthz", "x").status == 405);
  CHECK(client.get("/pid").status == 200);
}

TEST_CASE("health: the paths are options, and --static below / does not hide them") {
  const TemporaryFolder folder;
  write_over(folder / "healthz", "a file");
  RunningServer server(
      server_app("scripted"), 1,
      {"--health-path", "/-/alive", "--ready-path", "", "--static", "/=" + folder.path().string()});
  CHECK(get(server.address, "/-/alive").body == "ok");
  CHECK(get(server.address, "/healthz").body == "a file");
  CHECK(get(server.address, "/readyz").status == 404);
}

TEST_CASE("health: an app with a route of that path answers itself; a pattern is no such route") {
  RunningServer server(server_app("scripted"), 1,
                       {"--health-path", "/pid", "--ready-path", "/sleep/0"});
  CHECK(get(server.address, "/pid").body == std::to_string(server.process.workers()[0].pid));
  CHECK(get(server.address, "/sleep/0").body == "ok");
}

TEST_CASE("health: an app that does not tell its routes leaves the probes to the server") {
  RunningServer server(server_app("witness"), 1);
  CHECK(get(server.address, "/readyz").body == "ok");
  CHECK(get(server.address, "/else").body == "GET /else 1.1");
}
