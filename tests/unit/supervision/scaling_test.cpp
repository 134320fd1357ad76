#include <doctest/doctest.h>

#include "unit/supervision/rehearsal.h"

namespace appserver::supervision::test {

TEST_CASE("Scaling: growing forks workers for the new slots") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  CHECK(rehearsal.on(ScaleRequested{3}) == "fork 1/1; fork 2/1");
}

TEST_CASE("Scaling: shrinking drains the highest slots") {
  Rehearsal rehearsal(Rehearsal::policy(3));
  rehearsal.boot();
  CHECK(rehearsal.on(ScaleRequested{1}) == "drain 102; drain 101");
  CHECK(rehearsal.exited(102) == "");
  CHECK(rehearsal.exited(101, signal(11)) == "");  // It was leaving anyway.
  CHECK(rehearsal.supervisor.workers().slot_count() == 1);
}

TEST_CASE("Scaling: a worker that drains too long is stopped, and then killed") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.on(ScaleRequested{1});
  CHECK(rehearsal.pass(29s) == "");
  CHECK(rehearsal.pass(1s) == "drain timed out 101; stop 101");
  CHECK(rehearsal.pass(1s) == "");
  CHECK(rehearsal.pass(1s) == "kill 101");
  CHECK(rehearsal.pass(1h) == "");
  CHECK(rehearsal.exited(101, signal(9)) == "");
  CHECK(rehearsal.pass(1h) == "");
}

TEST_CASE("Scaling: a slot that comes back gets a new worker while the old one drains") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.on(ScaleRequested{1});
  CHECK(rehearsal.on(ScaleRequested{2}) == "fork 1/1");
  CHECK(rehearsal.serve(1, 1, 111) == "");
  CHECK(rehearsal.exited(101) == "");
  CHECK(rehearsal.current(1) == 111);
}

TEST_CASE(
    "Scaling: a fork given up meanwhile is taken when the slot comes back before the answer") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  CHECK(rehearsal.on(ScaleRequested{2}) == "fork 1/1");
  CHECK(rehearsal.on(ScaleRequested{1}) == "");
  CHECK(rehearsal.on(ScaleRequested{2}) == "");
  CHECK(rehearsal.serve(1, 1) == "");
  CHECK(rehearsal.current(1) == 101);
}

TEST_CASE("Scaling: a worker forked for a slot given up meanwhile is stopped") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.on(ScaleRequested{2});
  rehearsal.on(ScaleRequested{1});
  SUBCASE("when the zygote names it") {
    CHECK(rehearsal.forked(1, 1) == "stop 101");
  }
  SUBCASE("or drained, if it is known to be ready") {
    rehearsal.on(WorkerReady{101});
    CHECK(rehearsal.forked(1, 1) == "drain 101");
  }
  SUBCASE("unless it is gone already") {
    rehearsal.exited(101);
    CHECK(rehearsal.forked(1, 1) == "");
  }
  SUBCASE("and a fork that failed is no loss") {
    CHECK(rehearsal.on(WorkerForkFailed{1, 1, "EAGAIN"}) == "");
  }
}

TEST_CASE("Scaling: a worker still starting is stopped") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.on(ScaleRequested{2});
  rehearsal.forked(1, 1);
  CHECK(rehearsal.on(ScaleRequested{1}) == "stop 101");
  CHECK(rehearsal.pass(2s) == "kill 101");
}

TEST_CASE("Scaling: there is at least one worker and at most what the policy allows") {
  Policy policy = Rehearsal::policy(2);
  policy.max_workers = 4;
  Rehearsal rehearsal(policy);
  rehearsal.boot();
  CHECK(rehearsal.on(ScaleRequested{0}) == "drain 101");
  CHECK(rehearsal.on(ScaleRequested{4'000'000'000}) == "fork 1/1; fork 2/1; fork 3/1");
}

TEST_CASE("Scaling: a slot added during a roll-out serves the old generation and is then swapped") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2});
  rehearsal.on(ZygoteReady{2});
  CHECK(rehearsal.on(ScaleRequested{2}) == "fork 1/1");
  CHECK(rehearsal.serve(1, 1) == "");
  CHECK(rehearsal.serve(0, 2) == "drain 100; fork 1/2");
  CHECK(rehearsal.serve(1, 2) == "drain 101; live 2; retire 1");
}

TEST_CASE("Scaling: giving up the last slot not yet swapped completes the roll-out") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2});
  rehearsal.on(ZygoteReady{2});
  rehearsal.serve(0, 2);
  rehearsal.forked(1, 2);
  CHECK(rehearsal.on(ScaleRequested{1}) == "drain 101; stop 201; live 2; retire 1");
}

TEST_CASE("Scaling: during the first boot the verdict is on the slots that are wanted") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.start();
  rehearsal.on(ZygoteReady{1});
  rehearsal.serve(0, 1);
  rehearsal.forked(1, 1);
  SUBCASE("a slot given up is not waited for") {
    CHECK(rehearsal.on(ScaleRequested{1}) == "stop 101; live 1");
  }
  SUBCASE("a slot added is") {
    CHECK(rehearsal.on(ScaleRequested{3}) == "fork 2/1");
    CHECK(rehearsal.on(WorkerReady{101}) == "");
    CHECK(rehearsal.serve(2, 1) == "live 1");
  }
}

}  // namespace appserver::supervision::test
