#include <doctest/doctest.h>

#include "unit/supervision/rehearsal.h"

namespace appserver::supervision::test {
namespace {

Policy delayed(unsigned workers) {
  Policy policy = Rehearsal::policy(workers);
  policy.drain_delay = 5s;
  return policy;
}

}  // namespace

TEST_CASE("Drain delay: everything goes on, and then the stop begins by itself") {
  Rehearsal rehearsal(delayed(2));
  rehearsal.boot();
  CHECK(rehearsal.on(StopRequested{true}) == "stop in wait 5000");
  CHECK_FALSE(rehearsal.supervisor.is_stopping());
  CHECK(rehearsal.supervisor.is_stop_requested());
  CHECK(rehearsal.time_left() == Duration(5s));
  CHECK(rehearsal.pass(4999ms) == "");
  CHECK(rehearsal.pass(1ms) == "close doors; drain 101; drain 100; retire 1");
  CHECK(rehearsal.supervisor.is_stopping());
}

TEST_CASE("Drain delay: the dead are replaced and the number of workers can be changed") {
  Rehearsal rehearsal(delayed(2));
  rehearsal.boot();
  rehearsal.on(StopRequested{true});
  CHECK(rehearsal.exited(101, signal(11)) == "lost 101; fork 1/1");
  CHECK(rehearsal.serve(1, 1, 111) == "");
  CHECK(rehearsal.on(ScaleRequested{3}) == "fork 2/1");
  CHECK(rehearsal.on(ScaleRequested{1}) == "drain 111");
  CHECK(rehearsal.on(ZygoteExited{1, signal(9)}) == "zygote lost 1; boot 1");
}

TEST_CASE("Drain delay: who asks again, however gently, is taken at their word step by step") {
  Rehearsal rehearsal(delayed(1));
  rehearsal.boot();
  rehearsal.on(StopRequested{true});
  rehearsal.pass(1s);
  CHECK(rehearsal.on(StopRequested{true}) == "close doors; drain 100; retire 1");
  CHECK(rehearsal.on(StopRequested{true}) == "stop 100");
  CHECK(rehearsal.pass(10s) == "kill 100; kill zygote 1");
}

TEST_CASE("Drain delay: a quick stop does not wait for it") {
  Rehearsal rehearsal(delayed(1));
  rehearsal.boot();
  CHECK(rehearsal.on(StopRequested{false}) == "stop 100; retire 1");
  Rehearsal waiting(delayed(1));
  waiting.boot();
  waiting.on(StopRequested{true});
  CHECK(waiting.on(StopRequested{false}) == "stop 100; retire 1");
  CHECK(waiting.exited(100) == "");
  CHECK(waiting.on(ZygoteExited{1, status(0)}) == "forget 1; exit 0");
  CHECK(waiting.time_left() == std::nullopt);
}

TEST_CASE("Drain delay: nothing begins that the stop would undo") {
  Rehearsal rehearsal(delayed(1));
  rehearsal.boot();
  rehearsal.on(StopRequested{true});
  CHECK(rehearsal.on(ReloadRequested{2}) == "failed 2; forget 2");
  CHECK(rehearsal.why() == "the server is stopping; deploy after it was started again");
  CHECK(rehearsal.on(RecycleRequested{100, "1000 requests served"}) == "");
}

TEST_CASE("Drain delay: a reload that is under way goes on, and ends with the delay") {
  Rehearsal rehearsal(delayed(1));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2});
  rehearsal.on(StopRequested{true});
  CHECK(rehearsal.on(ZygoteReady{2}) == "fork 0/2");
  CHECK(rehearsal.serve(0, 2) == "drain 100; live 2; retire 1");
  Rehearsal slow(delayed(1));
  slow.boot();
  slow.on(ReloadRequested{2});
  slow.on(StopRequested{true});
  CHECK(slow.pass(5s) == "failed 2; close doors; drain 100; retire 1; retire 2");
}

TEST_CASE("Drain delay: during the first boot nobody counts on the server yet") {
  Rehearsal rehearsal(delayed(1));
  rehearsal.start();
  CHECK(rehearsal.on(StopRequested{true}) == "close doors; retire 1");
}

}  // namespace appserver::supervision::test
