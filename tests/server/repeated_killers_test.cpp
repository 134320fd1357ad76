// Requests that end workers again and again.
#include <string>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/running_server.h"

using namespace appserver::test;

namespace {

constexpr const char* kAgain = "a request ends workers again and again";

}  // namespace

TEST_CASE("killers: they are told once, and go on to the app without a cool-down") {
  RunningServer server(server_app("crashes"), 4, {"--crash-limit", "2"});
  for (int i = 0; i < 4; ++i) {
    CHECK(get(server.address, "/crash/segv?i=" + std::to_string(i)).status == 500);
  }
  const std::string line = server.process.wait_for_log_line(kAgain);
  CHECK(line.find("method=GET path=/crash/segv deaths=2") != std::string::npos);
  const std::string log = server.process.log();
  CHECK(log.find(kAgain) == log.rfind(kAgain));
}

TEST_CASE("killers: with a cool-down they are answered 503 for that time, and nothing else is") {
  RunningServer server(server_app("crashes"), 4, {"--crash-limit", "2", "--crash-cooldown", "3s"});
  CHECK(get(server.address, "/crash/segv").status == 500);
  CHECK(get(server.address, "/crash/segv").status == 500);
  server.process.wait_for_log(kAgain);
  HttpClient client(server.address);
  const HttpResponse refused = client.get("/crash/segv?other=query");
  CHECK(refused.status == 503);
  const int retry_after = std::stoi(std::string(refused.header("Retry-After")));
  CHECK(retry_after >= 1);
  CHECK(retry_after <= 3);
  // The connection goes on, and so do other requests, also those that only differ in a little.
  CHECK(client.get("/fine").body == "fine");
  CHECK(get(server.address, "/crash/none").body == "survived");
  // After the cool-down the app gets it again.
  eventually(10s, "the end of the cool-down",
             [&] { return get(server.address, "/crash/segv").status == 500; });
  // It has killed more often than the limit within the window: one more is enough.
  eventually(5s, "the next cool-down",
             [&] { return get(server.address, "/crash/segv").status == 503; });
}

TEST_CASE("killers: a handler that hangs counts like one that crashes") {
  RunningServer server(server_app("scripted"), 4,
                       {"--crash-limit", "2", "--crash-cooldown", "60s", "--timeout", "200ms"});
  CHECK(get(server.address, "/sleep/60000").status == 504);
  CHECK(get(server.address, "/sleep/60000").status == 504);
  server.process.wait_for_log(kAgain);
  CHECK(get(server.address, "/sleep/60000").status == 503);
  CHECK(get(server.address, "/sleep/1").status == 200);
}
