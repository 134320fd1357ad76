#include <doctest/doctest.h>

#include "unit/supervision/rehearsal.h"

namespace appserver::supervision::test {
namespace {

// Two slots on generation 1; generation 2 is being rolled out and has forked for slot 0.
Rehearsal rolling(const Policy& policy = Rehearsal::policy(2)) {
  Rehearsal rehearsal(policy);
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2});
  rehearsal.on(ZygoteReady{2});
  rehearsal.forked(0, 2);
  return rehearsal;
}

// As above, and slot 0 is swapped; slot 1 has a successor starting.
Rehearsal half_swapped() {
  Rehearsal rehearsal = rolling();
  rehearsal.on(WorkerReady{200});
  rehearsal.exited(100);
  rehearsal.forked(1, 2);
  rehearsal.pass(5s);
  return rehearsal;
}

}  // namespace

TEST_CASE("Failing reload: an app that cannot be loaded leaves the old generation untouched") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2});
  CHECK(rehearsal.on(ZygoteFailed{2, BootFault::AppFailedToLoad, "undefined symbol: f"}) ==
        "failed 2");
  CHECK(rehearsal.why() == "undefined symbol: f");
  CHECK(rehearsal.supervisor.generations().find(2)->state == GenerationState::Failed);
  CHECK(rehearsal.on(ZygoteExited{2, status(1)}) == "forget 2");
  CHECK(rehearsal.current(0) == 100);
  CHECK(rehearsal.current(1) == 101);
  CHECK(rehearsal.supervisor.generations().find(1)->state == GenerationState::Live);
}

TEST_CASE("Failing reload: a zygote that is not ready in time is killed and nothing else happens") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2});
  CHECK(rehearsal.pass(60s) == "kill zygote 2; failed 2");
  CHECK(rehearsal.on(ZygoteReady{2}) == "");
  CHECK(rehearsal.on(ZygoteExited{2, signal(9)}) == "forget 2");
}

TEST_CASE("Failing reload: the first worker that fails before it is ready aborts") {
  Rehearsal rehearsal = rolling();
  SUBCASE("by a crash") {
    CHECK(rehearsal.exited(200, signal(11)) == "lost 200; failed 2; retire 2");
    CHECK(rehearsal.why() == "worker 0 (pid 200) was ended by SIGSEGV before it was ready");
  }
  SUBCASE("by leaving, even in good order") {
    CHECK(rehearsal.exited(200, status(0)) == "lost 200; failed 2; retire 2");
  }
  SUBCASE("by saying so") {
    CHECK(rehearsal.on(WorkerFailedToBoot{200, BootFault::WorkerFailedToBoot, "no database"}) ==
          "failed 2; stop 200; retire 2");
    CHECK(rehearsal.why() == "worker 0 (pid 200) failed to start: no database");
    CHECK(rehearsal.exited(200, status(1)) == "");
  }
  SUBCASE("by taking too long") {
    CHECK(rehearsal.pass(60s) == "kill 200; failed 2; retire 2");
    CHECK(rehearsal.on(WorkerReady{200}) == "");
    CHECK(rehearsal.exited(200, signal(9)) == "");
  }
  CHECK(rehearsal.on(ZygoteExited{2, status(0)}) == "forget 2");
  CHECK(rehearsal.current(0) == 100);
  CHECK(rehearsal.current(1) == 101);
  CHECK(rehearsal.time_left() == std::nullopt);
}

TEST_CASE("Failing reload: a worker that cannot be forked aborts") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2});
  rehearsal.on(ZygoteReady{2});
  SUBCASE("because the zygote says so") {
    CHECK(rehearsal.on(WorkerForkFailed{0, 2, "EAGAIN"}) == "failed 2; retire 2");
    CHECK(rehearsal.why() == "worker 0 could not be forked: EAGAIN");
  }
  SUBCASE("because the zygote says nothing") {
    CHECK(rehearsal.pass(60s) == "kill zygote 2; failed 2");
  }
  CHECK(rehearsal.on(ZygoteExited{2, status(0)}) == "forget 2");
}

TEST_CASE("Failing reload: a successor still starting is stopped, and killed if it does not go") {
  Rehearsal rehearsal = rolling();
  CHECK(rehearsal.on(ZygoteExited{2, signal(11)}) == "failed 2; stop 200");
  CHECK(rehearsal.why() == "the zygote of generation 2 was ended by SIGSEGV");
  CHECK(rehearsal.on(WorkerReady{200}) == "");  // It crossed with the order to stop.
  CHECK(rehearsal.current(0) == 100);
  CHECK(rehearsal.pass(2s) == "kill 200");
  CHECK(rehearsal.exited(200, signal(9)) == "forget 2");
}

TEST_CASE("Failing reload: a successor forked only after the abort is stopped at once") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2});
  rehearsal.on(ZygoteReady{2});
  CHECK(rehearsal.on(ReloadRequested{3}) == "failed 2; retire 2; boot 3");
  CHECK(rehearsal.forked(0, 2) == "stop 200");
  rehearsal.on(ZygoteExited{2, status(0)});
  CHECK(rehearsal.exited(200) == "forget 2");
}

TEST_CASE("Failing reload: slots already swapped go back, replacement first") {
  Rehearsal rehearsal = half_swapped();
  CHECK(rehearsal.exited(201, status(1)) == "lost 201; failed 2; fork 0/1");
  CHECK(rehearsal.forked(0, 1, 110) == "");
  CHECK(rehearsal.current(0) == 200);
  CHECK(rehearsal.on(WorkerReady{110}) == "drain 200; retire 2");
  rehearsal.on(ZygoteExited{2, status(0)});
  CHECK(rehearsal.exited(200) == "forget 2");
  CHECK(rehearsal.current(1) == 101);
}

TEST_CASE(
    "Failing reload: a swapped worker that dies on the way back is refilled from the old one") {
  Rehearsal rehearsal = half_swapped();
  rehearsal.exited(201, status(1));
  SUBCASE("by the successor that is starting already") {
    rehearsal.forked(0, 1, 110);
    CHECK(rehearsal.exited(200, signal(11)) == "lost 200; retire 2");
    CHECK(rehearsal.current(0) == 110);
    CHECK(rehearsal.on(WorkerReady{110}) == "");
  }
  SUBCASE("by a fork") {
    CHECK(rehearsal.on(ZygoteExited{1, signal(9)}) == "zygote lost 1; boot 1");
    CHECK(rehearsal.exited(200, signal(11)) == "lost 200; retire 2");
    CHECK(rehearsal.on(ZygoteReady{1}) == "fork 0/1");
  }
}

TEST_CASE(
    "Failing reload: going back is tried again with back-off while the bad workers serve on") {
  Rehearsal rehearsal = half_swapped();
  rehearsal.exited(201, status(1));
  CHECK(rehearsal.on(WorkerForkFailed{0, 1, "EAGAIN"}) == "fork 0/1");
  rehearsal.forked(0, 1, 110);
  CHECK(rehearsal.exited(110, status(1)) == "lost 110; fork 0/1");
  rehearsal.forked(0, 1, 111);
  CHECK(rehearsal.exited(111, status(1)) == "lost 111 wait 100");
  CHECK(rehearsal.current(0) == 200);
  CHECK(rehearsal.pass(100ms) == "fork 0/1");
  CHECK(rehearsal.serve(0, 1, 112) == "drain 200; retire 2");
}

TEST_CASE("Failing reload: a slot of the new generation in crash loop aborts") {
  Rehearsal rehearsal = half_swapped();
  rehearsal.exited(200, signal(11));
  for (Pid pid = 210; pid < 216; ++pid) {
    if (*rehearsal.time_left() < 1s) {
      rehearsal.pass(*rehearsal.time_left());
    }
    rehearsal.serve(0, 2, pid);
    const std::string story = rehearsal.exited(pid, signal(11));
    CHECK((rehearsal.why() != "") == (pid == 215));
    if (pid == 215) {
      CHECK(story == "lost 215 loop; failed 2; fork 0/1; stop 201; retire 2");
      CHECK(rehearsal.why() == "worker 0 (pid 215) was ended by SIGSEGV; it is in a crash loop");
    }
  }
}

TEST_CASE("Failing reload: a refill of the new generation that fails before it is ready aborts") {
  Rehearsal rehearsal = half_swapped();
  rehearsal.exited(200, signal(11));
  rehearsal.forked(0, 2, 210);
  CHECK(rehearsal.exited(210, status(1)) == "lost 210; failed 2; fork 0/1; stop 201; retire 2");
}

TEST_CASE(
    "Failing reload: a refill of the new generation still starting makes room for the old one") {
  Rehearsal rehearsal = half_swapped();
  rehearsal.exited(200, signal(11));
  rehearsal.forked(0, 2, 210);
  CHECK(rehearsal.exited(201, status(1)) == "lost 201; failed 2; stop 210; fork 0/1; retire 2");
}

TEST_CASE(
    "Failing reload: the newest of two reloads wins, and swapped slots are swapped once more") {
  Rehearsal rehearsal = half_swapped();
  CHECK(rehearsal.on(ReloadRequested{3}) == "failed 2; stop 201; boot 3");
  CHECK(rehearsal.why() == "superseded by generation 3 before it was live");
  rehearsal.exited(201);
  CHECK(rehearsal.on(ZygoteReady{3}) == "fork 0/3");
  CHECK(rehearsal.serve(0, 3) == "drain 200; fork 1/3; retire 2");
  CHECK(rehearsal.serve(1, 3) == "drain 101; live 3; retire 1");
}

TEST_CASE("Failing reload: when the newer reload fails too, all slots go back to the live one") {
  Rehearsal rehearsal = half_swapped();
  rehearsal.on(ReloadRequested{3});
  rehearsal.exited(201);
  CHECK(rehearsal.on(ZygoteFailed{3, BootFault::AppFailedToLoad, "no such file"}) ==
        "failed 3; fork 0/1");
  CHECK(rehearsal.serve(0, 1, 110) == "drain 200; retire 2");
}

TEST_CASE("Failing reload: failures on the way back do not slow the next reload down") {
  Rehearsal rehearsal = half_swapped();
  rehearsal.exited(201, status(1));
  for (int i = 0; i < 3; ++i) {
    rehearsal.on(WorkerForkFailed{0, 1, "EAGAIN"});
  }
  CHECK(rehearsal.time_left() == 100ms);
  rehearsal.on(ReloadRequested{3});
  CHECK(rehearsal.on(ZygoteReady{3}) == "fork 0/3");
}

TEST_CASE("Failing reload: failures of earlier reloads do not slow the next one down") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  for (Generation generation = 2; generation < 12; ++generation) {
    rehearsal.on(ReloadRequested{generation});
    CHECK(rehearsal.on(ZygoteReady{generation}) == "fork 0/" + std::to_string(generation));
    rehearsal.forked(0, generation);
    rehearsal.exited(Rehearsal::usual_pid(0, generation), status(1));
    rehearsal.on(ZygoteExited{generation, status(0)});
  }
}

}  // namespace appserver::supervision::test
