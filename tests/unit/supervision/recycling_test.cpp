#include <doctest/doctest.h>

#include "unit/supervision/rehearsal.h"

namespace appserver::supervision::test {
namespace {

RecycleRequested wish(Pid pid) {
  return {pid, "1000 requests served"};
}

}  // namespace

TEST_CASE("Recycling: the substitute is ready before the worker that asked is drained") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  CHECK(rehearsal.on(wish(101)) == "fork 1/1");
  CHECK(rehearsal.current(1) == 101);
  CHECK(rehearsal.forked(1, 1, 111) == "");
  CHECK(rehearsal.on(WorkerReady{111}) == "recycled 101; drain 101");
  const auto& told = std::get<WorkerRecycled>(rehearsal.last[0]);
  CHECK(told.slot == 1);
  CHECK(told.generation == 1);
  CHECK(told.why == "1000 requests served");
  CHECK(rehearsal.current(1) == 111);
  CHECK(rehearsal.exited(101) == "");
  CHECK(rehearsal.time_left() == std::nullopt);
}

TEST_CASE("Recycling: one at a time, from the fork to the exit, in the order of asking") {
  Rehearsal rehearsal(Rehearsal::policy(3));
  rehearsal.boot();
  CHECK(rehearsal.on(wish(102)) == "fork 2/1");
  CHECK(rehearsal.on(wish(101)) == "");
  rehearsal.pass(1ms);
  CHECK(rehearsal.on(wish(100)) == "");
  CHECK(rehearsal.serve(2, 1, 112) == "recycled 102; drain 102");
  rehearsal.pass(10s);  // It has a long download to finish.
  CHECK(rehearsal.exited(102) == "fork 1/1");
  CHECK(rehearsal.serve(1, 1, 111) == "recycled 101; drain 101");
  CHECK(rehearsal.exited(101) == "fork 0/1");
  CHECK(rehearsal.serve(0, 1, 110) == "recycled 100; drain 100");
  CHECK(rehearsal.exited(100) == "");
}

TEST_CASE("Recycling: asking twice, or as a stranger, changes nothing") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  CHECK(rehearsal.on(wish(4711)) == "");
  CHECK(rehearsal.on(wish(100)) == "fork 0/1");
  CHECK(rehearsal.on(wish(100)) == "");
  CHECK(rehearsal.serve(0, 1, 110) == "recycled 100; drain 100");
  CHECK(rehearsal.on(wish(100)) == "");
  CHECK(rehearsal.exited(100) == "");
}

TEST_CASE("Recycling: a worker that asks before its birth is known is heard") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.start();
  rehearsal.on(ZygoteReady{1});
  rehearsal.on(WorkerReady{100});
  rehearsal.on(wish(100));
  CHECK(rehearsal.forked(0, 1) == "live 1; fork 0/1");
}

TEST_CASE("Recycling: one that dies meanwhile is replaced by the substitute that is on its way") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.on(wish(100));
  rehearsal.forked(0, 1, 110);
  CHECK(rehearsal.exited(100, signal(11)) == "lost 100");
  CHECK(rehearsal.on(WorkerReady{110}) == "");
  CHECK(rehearsal.current(0) == 110);
  CHECK(rehearsal.on(wish(101)) == "fork 1/1");  // That recycle is over.
}

TEST_CASE("Recycling: a substitute that fails leaves the old worker serving and is tried later") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.on(wish(100));
  Pid pid = 110;
  const auto fail = [&] {
    rehearsal.forked(0, 1, ++pid);
    rehearsal.on(WorkerFailedToBoot{pid, BootFault::WorkerFailedToBoot, "no database"});
    return rehearsal.exited(pid, status(1));
  };
  CHECK(fail() == "lost 111; fork 0/1");  // The first ones are tried again at once.
  CHECK(fail() == "lost 112; fork 0/1");
  CHECK(fail() == "lost 113 wait 100");
  CHECK(rehearsal.current(0) == 100);
  CHECK(rehearsal.supervisor.workers().current(0)->state == WorkerState::Serving);
  CHECK(rehearsal.pass(100ms) == "fork 0/1");
  CHECK(fail() == "lost 114 wait 200");
  CHECK(rehearsal.pass(200ms) == "fork 0/1");
  CHECK(rehearsal.serve(0, 1, 120) == "recycled 100; drain 100");
}

TEST_CASE("Recycling: one whose substitutes fail does not hold up the others") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.on(wish(100));
  rehearsal.on(wish(101));
  for (const Pid pid : {111, 112, 113}) {
    rehearsal.forked(0, 1, pid);
    rehearsal.exited(pid, status(1));
  }
  CHECK(tell(rehearsal.last) == "lost 113 wait 100; fork 1/1");
  CHECK(rehearsal.serve(1, 1, 121) == "recycled 101; drain 101");
  CHECK(rehearsal.pass(1s) == "");
  CHECK(rehearsal.exited(101) == "fork 0/1");
}

TEST_CASE("Recycling: without a zygote it waits for the next one") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.on(ZygoteExited{1, signal(9)});
  CHECK(rehearsal.on(wish(100)) == "");
  CHECK(rehearsal.on(ZygoteReady{1}) == "fork 0/1");
}

TEST_CASE("Recycling: a reload replaces the worker anyway") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.on(wish(100));
  rehearsal.forked(0, 1, 110);
  CHECK(rehearsal.on(ReloadRequested{2}) == "stop 110; boot 2");
  CHECK(rehearsal.on(wish(101)) == "");
  CHECK(rehearsal.exited(110) == "");
  CHECK(rehearsal.on(ZygoteReady{2}) == "fork 0/2");
  CHECK(rehearsal.serve(0, 2) == "drain 100; fork 1/2");
  CHECK(rehearsal.serve(1, 2) == "drain 101; live 2; retire 1");
}

TEST_CASE("Recycling: after a reload that failed it goes on") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2});
  CHECK(rehearsal.on(wish(100)) == "");
  CHECK(rehearsal.on(ZygoteFailed{2, BootFault::AppFailedToLoad, "broken"}) ==
        "failed 2; fork 0/1");
}

TEST_CASE("Recycling: a slot that is given up takes its substitute along") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.on(wish(101));
  rehearsal.forked(1, 1, 111);
  CHECK(rehearsal.on(ScaleRequested{1}) == "drain 101; stop 111");
  CHECK(rehearsal.on(wish(100)) == "fork 0/1");
}

TEST_CASE("Recycling: nothing begins while the server stops") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.on(StopRequested{true});
  CHECK(rehearsal.on(wish(100)) == "");
}

TEST_CASE(
    "Recycling: a worker that does not leave is ended by the ladder, and the next one follows") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.on(wish(100));
  rehearsal.on(wish(101));
  rehearsal.serve(0, 1, 110);
  CHECK(rehearsal.pass(32s) == "drain timed out 100; stop 100; kill 100");
  CHECK(rehearsal.exited(100, signal(9)) == "fork 1/1");
}

}  // namespace appserver::supervision::test
