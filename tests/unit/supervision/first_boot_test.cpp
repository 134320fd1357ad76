#include <doctest/doctest.h>

#include "unit/supervision/rehearsal.h"

namespace appserver::supervision::test {

TEST_CASE(
    "First boot: the zygote is booted, workers are forked when it is ready, then it is live") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  CHECK(rehearsal.start() == "boot 1");
  CHECK(rehearsal.on(ZygoteReady{1}) == "fork 0/1; fork 1/1");
  CHECK(rehearsal.serve(0, 1) == "");
  CHECK(rehearsal.serve(1, 1) == "live 1");
  CHECK(rehearsal.time_left() == std::nullopt);
  CHECK(rehearsal.supervisor.generations().find(1)->state == GenerationState::Live);
}

TEST_CASE("First boot: an app that cannot be loaded ends the master with 4 and the reason") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.start();
  CHECK(rehearsal.on(ZygoteFailed{1, BootFault::AppFailedToLoad, "undefined symbol: f"}) ==
        "failed 1");
  CHECK(rehearsal.why() == "undefined symbol: f");
  CHECK(rehearsal.supervisor.generations().find(1)->state == GenerationState::Failed);
  CHECK(rehearsal.on(ZygoteExited{1, status(1)}) == "forget 1; exit 4");
  CHECK(rehearsal.on(StopRequested{true}) == "");
}

TEST_CASE("First boot: a zygote that dies without a word ends the master with 3") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.start();
  CHECK(rehearsal.on(ZygoteExited{1, signal(11)}) == "zygote lost 1; failed 1; forget 1; exit 3");
  CHECK(rehearsal.why() == "the zygote of generation 1 was ended by SIGSEGV");
}

TEST_CASE("First boot: a zygote that is not ready in time is killed and ends the master with 3") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.start();
  CHECK(rehearsal.pass(59s) == "");
  CHECK(rehearsal.pass(1s) == "kill zygote 1; failed 1");
  CHECK(rehearsal.why() ==
        "the zygote of generation 1 was not ready within 60 s; if the app needs longer, raise "
        "boot_timeout");
  CHECK(rehearsal.on(ZygoteExited{1, signal(9)}) == "forget 1; exit 3");
}

TEST_CASE("First boot: a zygote that failed but does not leave is killed after the grace") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.start();
  rehearsal.on(ZygoteFailed{1, BootFault::AppFailedToLoad, "no such file"});
  CHECK(rehearsal.pass(2s) == "kill zygote 1");
  CHECK(rehearsal.on(ZygoteExited{1, signal(9)}) == "forget 1; exit 4");
}

TEST_CASE("First boot: when every slot has failed and nobody serves, the master exits with 3") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.start();
  rehearsal.on(ZygoteReady{1});
  rehearsal.forked(0, 1);
  rehearsal.forked(1, 1);
  CHECK(rehearsal.exited(100, status(1)) == "lost 100; fork 0/1");
  rehearsal.forked(0, 1, 110);
  CHECK(rehearsal.exited(101, signal(6)) == "lost 101; failed 1; stop 110; retire 1");
  CHECK(rehearsal.why() == "worker 1 (pid 101) was ended by SIGABRT before it was ready");
  rehearsal.exited(110, status(0));
  CHECK(rehearsal.on(ZygoteExited{1, status(0)}) == "forget 1; exit 3");
}

TEST_CASE("First boot: a lazily loading worker that cannot load the app ends the master with 4") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.start();
  rehearsal.on(ZygoteReady{1});
  rehearsal.forked(0, 1);
  CHECK(rehearsal.on(WorkerFailedToBoot{100, BootFault::AppFailedToLoad, "not an ELF file"}) == "");
  CHECK(rehearsal.exited(100, status(1)) == "lost 100; failed 1; retire 1");
  CHECK(rehearsal.why() == "worker 0 (pid 100) failed to start: not an ELF file");
  CHECK(rehearsal.on(ZygoteExited{1, status(0)}) == "forget 1; exit 4");
}

TEST_CASE("First boot: a worker that cannot be forked is a failed slot") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.start();
  rehearsal.on(ZygoteReady{1});
  CHECK(rehearsal.on(WorkerForkFailed{0, 1, "out of memory"}) == "failed 1; retire 1");
  CHECK(rehearsal.why() == "worker 0 could not be forked: out of memory");
}

TEST_CASE("First boot: a worker that is not ready in time is killed and fails its slot") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.start();
  rehearsal.on(ZygoteReady{1});
  rehearsal.forked(0, 1);
  CHECK(rehearsal.pass(60s) == "kill 100");
  CHECK(rehearsal.on(WorkerReady{100}) == "");  // Too late: it is dying.
  CHECK(rehearsal.exited(100, signal(9)) == "lost 100; failed 1; retire 1");
  CHECK(rehearsal.why().find("not ready within 60 s") != std::string::npos);
}

TEST_CASE("First boot: a worker that leaves before it was ready has failed, even with status 0") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.start();
  rehearsal.on(ZygoteReady{1});
  rehearsal.forked(0, 1);
  CHECK(rehearsal.exited(100, status(0)) == "lost 100; failed 1; retire 1");
}

TEST_CASE("First boot: a worker that served and left in good order has not failed") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.start();
  rehearsal.on(ZygoteReady{1});
  rehearsal.serve(0, 1);
  rehearsal.exited(100, status(0));
  rehearsal.forked(1, 1);
  CHECK(rehearsal.exited(101, status(1)) == "lost 101; fork 1/1");
  CHECK(rehearsal.serve(0, 1, 110) == "live 1");
}

TEST_CASE("First boot: one slot that dies over and over leaves the others serving") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.start();
  rehearsal.on(ZygoteReady{1});
  rehearsal.serve(1, 1);
  rehearsal.forked(0, 1);
  CHECK(rehearsal.exited(100, status(1)) == "lost 100; live 1; fork 0/1");
  Pid pid = 110;
  for (const char* story :
       {"lost 111; fork 0/1", "lost 112 wait 100", "lost 113 wait 200", "lost 114 wait 400",
        "lost 115 wait 10000 loop", "lost 116 wait 10000 loop"}) {
    rehearsal.forked(0, 1, ++pid);
    CHECK(rehearsal.exited(pid, status(1)) == story);
    if (const auto left = rehearsal.time_left(); left && *left < 60s) {
      CHECK(rehearsal.pass(*left) == "fork 0/1");
    }
  }
  CHECK(rehearsal.supervisor.is_in_crash_loop(0));
  CHECK(rehearsal.current(1) == 101);
  // The cause is gone: the slot serves again.
  CHECK(rehearsal.serve(0, 1, 120) == "");
  CHECK_FALSE(rehearsal.supervisor.is_in_crash_loop(0));
}

TEST_CASE("First boot: a slow slot is waited for before the generation is live") {
  Rehearsal rehearsal(Rehearsal::policy(3));
  rehearsal.start();
  rehearsal.on(ZygoteReady{1});
  rehearsal.serve(0, 1);
  rehearsal.forked(1, 1);
  rehearsal.forked(2, 1);
  CHECK(rehearsal.exited(102, status(1)) == "lost 102; fork 2/1");
  CHECK(rehearsal.on(WorkerReady{101}) == "live 1");
}

TEST_CASE("First boot: a zygote that dies after it was ready fails only the slots it left vacant") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.start();
  rehearsal.on(ZygoteReady{1});
  rehearsal.serve(0, 1);
  CHECK(rehearsal.on(ZygoteExited{1, signal(9)}) == "zygote lost 1; live 1; boot 1");
  CHECK(rehearsal.on(ZygoteReady{1}) == "fork 1/1");
  CHECK(rehearsal.serve(1, 1) == "");
}

TEST_CASE("First boot: a worker that is starting when its zygote dies may still get ready") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.start();
  rehearsal.on(ZygoteReady{1});
  rehearsal.forked(0, 1);
  CHECK(rehearsal.on(ZygoteExited{1, signal(9)}) == "zygote lost 1; boot 1");
  CHECK(rehearsal.on(WorkerReady{100}) == "live 1");
}

TEST_CASE("First boot: a zygote that dies while forking every first worker fails the generation") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.start();
  rehearsal.on(ZygoteReady{1});
  CHECK(rehearsal.on(ZygoteExited{1, signal(11)}) == "zygote lost 1; failed 1; forget 1; exit 3");
}

TEST_CASE("First boot: a reload asked for meanwhile begins when it is over, the newest one only") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.start();
  CHECK(rehearsal.on(ReloadRequested{2}) == "");
  CHECK(rehearsal.on(ReloadRequested{3}) == "failed 2; forget 2");
  CHECK(rehearsal.why() == "superseded by generation 3 before it was live");
  rehearsal.on(ZygoteReady{1});
  CHECK(rehearsal.serve(0, 1) == "live 1; boot 3");
}

TEST_CASE("First boot: a stop asked for meanwhile is a stop and no failure") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.start();
  rehearsal.on(ReloadRequested{2});
  CHECK(rehearsal.on(StopRequested{true}) == "failed 2; forget 2; close doors; retire 1");
  CHECK(rehearsal.on(ZygoteExited{1, signal(15)}) == "forget 1; exit 0");
}

TEST_CASE("First boot: a release that was offered serves when the first one cannot") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.supervisor.offer_fallback();
  rehearsal.start();
  SUBCASE("because the app does not load") {
    CHECK(rehearsal.on(ZygoteFailed{1, BootFault::AppFailedToLoad, "no such symbol"}) ==
          "failed 1; fall back to 2; boot 2");
    CHECK(rehearsal.why() == "no such symbol");
    CHECK(rehearsal.on(ZygoteExited{1, status(4)}) == "forget 1");
  }
  SUBCASE("because no worker starts") {
    rehearsal.on(ZygoteReady{1});
    rehearsal.forked(0, 1);
    rehearsal.forked(1, 1);
    rehearsal.exited(100, status(1));
    CHECK(rehearsal.exited(101, status(1)) ==
          "lost 101; failed 1; fall back to 2; retire 1; boot 2");
  }
  rehearsal.on(ZygoteReady{2});
  rehearsal.serve(0, 2);
  CHECK(rehearsal.serve(1, 2) == "live 2");
  CHECK_FALSE(rehearsal.supervisor.desired().first_boot);
}

TEST_CASE("First boot: when the release that was offered cannot start either, that is the end") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.supervisor.offer_fallback();
  rehearsal.start();
  rehearsal.on(ZygoteFailed{1, BootFault::AppFailedToLoad, "no such symbol"});
  rehearsal.on(ZygoteExited{1, status(4)});
  CHECK(rehearsal.on(ZygoteFailed{2, BootFault::AppFailedToLoad, "no database"}) == "failed 2");
  CHECK(rehearsal.on(ZygoteExited{2, status(4)}) == "forget 2; exit 4");
}

}  // namespace appserver::supervision::test
