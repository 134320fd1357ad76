// Rate limits: all workers count together.
#include <set>
#include <signal.h>
#include <string>

#include <doctest/doctest.h>

#include "support/http_client.h"
#include "support/running_server.h"

using namespace appserver::test;

namespace {

// How many of so many requests, each on a connection of its own, are let in, and by whom.
struct Admitted {
  int count = 0;
  std::set<std::string> workers;
};
Admitted ask(const Address& address, const std::string& target, int requests) {
  Admitted admitted;
  for (int i = 0; i < requests; ++i) {
    const HttpResponse response = get(address, target);
    if (response.status == 200) {
      ++admitted.count;
      admitted.workers.insert(response.body);
    } else {
      CHECK(response.status == 429);
      CHECK(std::stoi(response.header("Retry-After")) > 0);
    }
  }
  return admitted;
}

}  // namespace

TEST_CASE("rate limit: workers count together, and each limit for itself") {
  RunningServer server(server_app("limited"), 4);
  const Admitted one = ask(server.address, "/one", 60);
  CHECK(one.count == 20);
  CHECK(one.workers.size() > 1);
  CHECK(ask(server.address, "/other", 30).count == 20);
  CHECK(ask(server.address, "/free", 30).count == 30);
}

TEST_CASE("rate limit: a reload and a crash give nobody more") {
  RunningServer server(server_app("limited"), 2);
  CHECK(ask(server.address, "/one", 15).count == 15);
  server.process.send_signal(SIGHUP);
  server.process.wait_for_log("the generation is live generation=2");
  ::kill(server.process.workers().at(0).pid, SIGKILL);
  server.process.wait_for_workers(2);
  CHECK(ask(server.address, "/one", 30).count == 5);
}
