#include <doctest/doctest.h>

#include "unit/supervision/rehearsal.h"

namespace appserver::supervision::test {

TEST_CASE("Shutdown: a graceful stop drains all workers and ends when the last child is gone") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  CHECK(rehearsal.on(StopRequested{true}) == "close doors; drain 101; drain 100; retire 1");
  CHECK(rehearsal.supervisor.is_stopping());
  CHECK(rehearsal.supervisor.generations().find(1)->state == GenerationState::Retired);
  CHECK(rehearsal.exited(100) == "");
  CHECK(rehearsal.on(ZygoteExited{1, status(0)}) == "");
  CHECK(rehearsal.exited(101) == "forget 1; exit 0");
  CHECK(rehearsal.time_left() == std::nullopt);
}

TEST_CASE("Shutdown: the zygote may be the last to leave") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.on(StopRequested{true});
  CHECK(rehearsal.exited(100) == "");
  CHECK(rehearsal.on(ZygoteExited{1, status(0)}) == "forget 1; exit 0");
}

TEST_CASE("Shutdown: those that do not leave are stopped after the graceful timeout, then killed") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.on(StopRequested{true});
  CHECK(rehearsal.pass(30s) == "drain timed out 100; stop 100; kill zygote 1");
  CHECK(rehearsal.pass(2s) == "kill 100");
  rehearsal.on(ZygoteExited{1, signal(9)});
  CHECK(rehearsal.exited(100, signal(9)) == "forget 1; exit 0");
}

TEST_CASE("Shutdown: a quick stop stops all workers and kills after the grace") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  CHECK(rehearsal.on(StopRequested{false}) == "stop 101; stop 100; retire 1");
  rehearsal.exited(100);
  CHECK(rehearsal.pass(2s) == "kill 101; kill zygote 1");
  rehearsal.exited(101, signal(9));
  CHECK(rehearsal.on(ZygoteExited{1, signal(9)}) == "forget 1; exit 0");
}

TEST_CASE("Shutdown: whoever asks twice gets a quick stop") {
  for (const bool graceful : {true, false}) {
    Rehearsal rehearsal(Rehearsal::policy(2));
    rehearsal.boot();
    rehearsal.on(StopRequested{true});
    rehearsal.exited(101);
    rehearsal.pass(1s);
    CHECK(rehearsal.on(StopRequested{graceful}) == "stop 100");
    CHECK(rehearsal.on(StopRequested{graceful}) == "");  // It was stopped already.
    CHECK(rehearsal.pass(2s) == "kill 100; kill zygote 1");
  }
}

TEST_CASE("Shutdown: a worker that was draining already keeps its own deadline") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.on(ScaleRequested{1});
  rehearsal.pass(10s);
  CHECK(rehearsal.on(StopRequested{true}) == "close doors; drain 100; retire 1");
  CHECK(rehearsal.pass(20s) == "drain timed out 101; stop 101");
}

TEST_CASE("Shutdown: a quick stop also hastens workers that were draining already") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.on(ScaleRequested{1});
  CHECK(rehearsal.on(StopRequested{false}) == "stop 100; stop 101; retire 1");
}

TEST_CASE("Shutdown: nothing is forked or booted any more") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.exited(101, signal(11));
  CHECK(rehearsal.on(StopRequested{true}) == "close doors; drain 100; retire 1");
  CHECK(rehearsal.forked(1, 1, 111) == "stop 111");
  CHECK(rehearsal.exited(100, signal(11)) == "");
  CHECK(rehearsal.on(ScaleRequested{5}) == "");
  CHECK(rehearsal.supervisor.workers().slot_count() == 0);
  CHECK(rehearsal.exited(111) == "");
  CHECK(rehearsal.on(ZygoteExited{1, signal(9)}) == "forget 1; exit 0");
}

TEST_CASE("Shutdown: a fork that a dead zygote left unanswered is not waited for") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.exited(100, signal(11));
  CHECK(rehearsal.on(StopRequested{true}) == "close doors; retire 1");
  CHECK(rehearsal.on(ZygoteExited{1, status(0)}) == "forget 1; exit 0");
}

TEST_CASE("Shutdown: a roll-out in progress fails and both generations leave") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2});
  rehearsal.on(ZygoteReady{2});
  rehearsal.serve(0, 2);
  rehearsal.forked(1, 2);
  CHECK(rehearsal.on(StopRequested{true}) ==
        "failed 2; close doors; drain 101; stop 201; drain 200; retire 1; retire 2");
  CHECK(rehearsal.why() == "the server is stopping; deploy after it was started again");
  for (const Pid pid : {100, 101, 200, 201}) {
    rehearsal.exited(pid);
  }
  CHECK(rehearsal.on(ZygoteExited{1, status(0)}) == "forget 1");
  CHECK(rehearsal.on(ZygoteExited{2, status(0)}) == "forget 2; exit 0");
}

TEST_CASE("Shutdown: a reload asked for while stopping is refused") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.on(StopRequested{true});
  CHECK(rehearsal.on(ReloadRequested{2}) == "failed 2; forget 2");
}

TEST_CASE("Shutdown: a zygote that is still loading gets the kill grace only") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.start();
  CHECK(rehearsal.on(StopRequested{true}) == "close doors; retire 1");
  CHECK(rehearsal.on(ZygoteReady{1}) == "");
  CHECK(rehearsal.pass(2s) == "kill zygote 1");
  CHECK(rehearsal.on(ZygoteExited{1, signal(9)}) == "forget 1; exit 0");
}

TEST_CASE("Shutdown: a quick stop gives nobody more time than the graceful one did") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.start();
  rehearsal.on(StopRequested{true});
  rehearsal.pass(1s);
  CHECK(rehearsal.on(StopRequested{false}) == "");
  CHECK(rehearsal.pass(1s) == "kill zygote 1");
}

TEST_CASE("Shutdown: after the master was told to exit, nothing more is said") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.on(StopRequested{false});
  rehearsal.exited(100);
  rehearsal.on(ZygoteExited{1, status(0)});
  CHECK(rehearsal.on(StopRequested{false}) == "");
  CHECK(rehearsal.on(ReloadRequested{2}) == "");
  CHECK(rehearsal.on(ScaleRequested{2}) == "");
  CHECK(rehearsal.pass(1h) == "");
}

}  // namespace appserver::supervision::test
