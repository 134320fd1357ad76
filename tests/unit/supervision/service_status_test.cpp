#include "supervision/service_status.h"

#include <doctest/doctest.h>

#include "unit/supervision/rehearsal.h"

namespace appserver::supervision::test {
namespace {

std::string text(const Rehearsal& rehearsal) {
  return service_status(rehearsal.supervisor).text;
}
ServicePhase phase(const Rehearsal& rehearsal) {
  return service_status(rehearsal.supervisor).phase;
}
bool is_alive(const Rehearsal& rehearsal) {
  return service_status(rehearsal.supervisor).is_alive;
}

}  // namespace

TEST_CASE("ServiceStatus: it starts until the first generation is live") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.start();
  CHECK(text(rehearsal) == "starting: 0 of 2 workers ready");
  CHECK(is_alive(rehearsal));
  rehearsal.on(ZygoteReady{1});
  rehearsal.serve(0, 1);
  CHECK(phase(rehearsal) == ServicePhase::Starting);
  CHECK(text(rehearsal) == "starting: 1 of 2 workers ready");
  rehearsal.serve(1, 1);
  CHECK(phase(rehearsal) == ServicePhase::Serving);
  CHECK(text(rehearsal) == "serving generation 1 with 2 workers");
}

TEST_CASE("ServiceStatus: a reload counts the workers of the new generation") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2});
  CHECK(phase(rehearsal) == ServicePhase::Reloading);
  CHECK(text(rehearsal) == "reloading: generation 2 has 0 of 2 workers");
  rehearsal.on(ZygoteReady{2});
  rehearsal.serve(0, 2);
  CHECK(text(rehearsal) == "reloading: generation 2 has 1 of 2 workers");
  rehearsal.serve(1, 2);
  CHECK(text(rehearsal) == "serving generation 2 with 2 workers");
}

TEST_CASE("ServiceStatus: a failed reload serves the old generation") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2});
  rehearsal.on(ZygoteFailed{2, BootFault::AppFailedToLoad, "broken"});
  CHECK(phase(rehearsal) == ServicePhase::Serving);
  CHECK(text(rehearsal) == "serving generation 1 with 1 worker");
}

TEST_CASE("ServiceStatus: it is alive as long as one worker serves") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.exited(100, signal(11));
  CHECK(text(rehearsal) == "serving generation 1 with 1 of 2 workers");
  CHECK(is_alive(rehearsal));
  rehearsal.exited(101, signal(11));
  CHECK(text(rehearsal) == "serving generation 1 with 0 of 2 workers");
  CHECK_FALSE(is_alive(rehearsal));
  rehearsal.serve(0, 1, 200);
  CHECK(is_alive(rehearsal));
}

TEST_CASE("ServiceStatus: a crash loop is told") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  Pid pid = 100;
  for (int i = 0; i < 8; ++i) {
    rehearsal.exited(pid, signal(11));
    rehearsal.pass(20s);
    pid = 1000 + i;
    rehearsal.serve(0, 1, pid);
  }
  rehearsal.exited(pid, signal(11));
  CHECK(text(rehearsal) == "serving generation 1 with 1 of 2 workers; 1 worker in a crash loop");
}

TEST_CASE("ServiceStatus: a stop counts those that are left and says how long it may take") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  CHECK(service_status(rehearsal.supervisor).patience == Duration::zero());
  rehearsal.on(StopRequested{true});
  CHECK(phase(rehearsal) == ServicePhase::Stopping);
  CHECK(text(rehearsal) == "stopping: 2 workers left");
  CHECK(service_status(rehearsal.supervisor).patience >= 32s);
  rehearsal.exited(100);
  CHECK(text(rehearsal) == "stopping: 1 worker left");
  CHECK(is_alive(rehearsal));
}

TEST_CASE("ServiceStatus: a stop that is delayed is a stop already") {
  Policy policy = Rehearsal::policy(1);
  policy.drain_delay = 10s;
  Rehearsal rehearsal(policy);
  rehearsal.boot();
  rehearsal.on(StopRequested{true});
  CHECK(phase(rehearsal) == ServicePhase::Stopping);
  CHECK(text(rehearsal) == "stopping: serving on for the drain delay");
  CHECK(service_status(rehearsal.supervisor).patience >= 42s);
  rehearsal.pass(10s);
  CHECK(text(rehearsal) == "stopping: 1 worker left");
}

}  // namespace appserver::supervision::test
