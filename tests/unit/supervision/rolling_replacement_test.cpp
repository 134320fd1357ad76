#include <doctest/doctest.h>

#include "unit/supervision/rehearsal.h"

namespace appserver::supervision::test {

TEST_CASE("Rolling replacement: slot by slot, the new worker is ready before the old one leaves") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  CHECK(rehearsal.on(ReloadRequested{2}) == "boot 2");
  CHECK(rehearsal.on(ZygoteReady{2}) == "fork 0/2");
  CHECK(rehearsal.forked(0, 2) == "");
  CHECK(rehearsal.on(WorkerReady{200}) == "drain 100; fork 1/2");
  CHECK(rehearsal.exited(100) == "");
  CHECK(rehearsal.serve(1, 2) == "drain 101; live 2; retire 1");
  CHECK(rehearsal.supervisor.generations().find(1)->state == GenerationState::Retired);
  CHECK(rehearsal.on(ZygoteExited{1, status(0)}) == "");
  CHECK(rehearsal.exited(101) == "forget 1");
  CHECK(rehearsal.time_left() == std::nullopt);
  CHECK(rehearsal.supervisor.desired().live == 2);
  CHECK(rehearsal.supervisor.generations().find(2)->state == GenerationState::Live);
}

TEST_CASE("Rolling replacement: as many slots at a time as the batch says") {
  Rehearsal rehearsal(Rehearsal::policy(3, 2));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2});
  CHECK(rehearsal.on(ZygoteReady{2}) == "fork 0/2; fork 1/2");
  rehearsal.forked(0, 2);
  rehearsal.forked(1, 2);
  CHECK(rehearsal.on(WorkerReady{201}) == "drain 101; fork 2/2");
  CHECK(rehearsal.on(WorkerReady{200}) == "drain 100");
  CHECK(rehearsal.serve(2, 2) == "drain 102; live 2; retire 1");
}

TEST_CASE("Rolling replacement: a batch of none is a batch of one") {
  Rehearsal rehearsal(Rehearsal::policy(2, 0));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2});
  CHECK(rehearsal.on(ZygoteReady{2}) == "fork 0/2");
}

TEST_CASE("Rolling replacement: until it is complete the old generation stays the live one") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2});
  rehearsal.on(ZygoteReady{2});
  rehearsal.serve(0, 2);
  CHECK(rehearsal.supervisor.desired().live == 1);
  CHECK(rehearsal.supervisor.generations().find(1)->state == GenerationState::Live);
  CHECK(rehearsal.supervisor.generations().find(2)->state == GenerationState::Booting);
}

TEST_CASE(
    "Rolling replacement: a worker that dies on a slot not yet swapped comes from the old one") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2});
  rehearsal.on(ZygoteReady{2});
  rehearsal.forked(0, 2);
  CHECK(rehearsal.exited(101, signal(11)) == "lost 101; fork 1/1");
  // Even where a successor is starting: the old generation can serve within milliseconds.
  CHECK(rehearsal.exited(100, signal(11)) == "lost 100; fork 0/1");
  CHECK(rehearsal.serve(0, 1, 110) == "");
  CHECK(rehearsal.on(WorkerReady{200}) == "drain 110; fork 1/2");
}

TEST_CASE("Rolling replacement: a refill still starting when the successor is ready is stopped") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2});
  rehearsal.on(ZygoteReady{2});
  rehearsal.forked(0, 2);
  rehearsal.exited(100, signal(11));
  rehearsal.forked(0, 1, 110);
  CHECK(rehearsal.on(WorkerReady{200}) == "stop 110; live 2; retire 1");
}

TEST_CASE("Rolling replacement: a worker that dies on a swapped slot comes from the new one") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2});
  rehearsal.on(ZygoteReady{2});
  rehearsal.serve(0, 2);
  CHECK(rehearsal.exited(200, signal(11)) == "lost 200; fork 0/2");
  CHECK(rehearsal.serve(1, 2) == "drain 101");  // Slot 0 is not served yet.
  CHECK(rehearsal.serve(0, 2, 210) == "live 2; retire 1");
}

TEST_CASE("Rolling replacement: a slot in crash loop is swapped without waiting for its delay") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.exited(100, signal(11));
  for (Pid pid = 110; pid < 116; ++pid) {
    if (rehearsal.time_left() && *rehearsal.time_left() < 1s) {
      rehearsal.pass(*rehearsal.time_left());
    }
    rehearsal.forked(0, 1, pid);
    rehearsal.exited(pid, status(1));
  }
  CHECK(rehearsal.supervisor.is_in_crash_loop(0));
  rehearsal.on(ReloadRequested{2});
  CHECK(rehearsal.on(ZygoteReady{2}) == "fork 0/2");
  CHECK(rehearsal.serve(0, 2) == "live 2; retire 1");
}

TEST_CASE("Rolling replacement: a swapped slot starts with a clean record") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.exited(100, signal(11));
  for (const Pid pid : {110, 111}) {
    rehearsal.serve(0, 1, pid);
    rehearsal.exited(pid, signal(11));
  }
  rehearsal.serve(0, 1, 112);
  rehearsal.on(ReloadRequested{2});
  rehearsal.on(ZygoteReady{2});
  rehearsal.serve(0, 2);
  CHECK(rehearsal.exited(200, signal(11)) == "lost 200; fork 0/2");
}

TEST_CASE("Rolling replacement: the old zygote may die meanwhile and is booted again") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2});
  rehearsal.on(ZygoteReady{2});
  CHECK(rehearsal.on(ZygoteExited{1, signal(9)}) == "zygote lost 1; boot 1");
  CHECK(rehearsal.serve(0, 2) == "drain 100; fork 1/2");
  // Its help is no longer needed, and while loading it may not hear that.
  CHECK(rehearsal.serve(1, 2) == "drain 101; live 2; retire 1");
  CHECK(rehearsal.pass(2s) == "kill zygote 1");
}

TEST_CASE("Rolling replacement: one slot after another, even if old workers drain for long") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2});
  rehearsal.on(ZygoteReady{2});
  rehearsal.serve(0, 2);
  rehearsal.serve(1, 2);
  CHECK(rehearsal.on(ReloadRequested{3}) == "boot 3");
  CHECK(rehearsal.on(ZygoteReady{3}) == "fork 0/3");
  CHECK(rehearsal.serve(0, 3) == "drain 200; fork 1/3");
  CHECK(rehearsal.supervisor.workers().workers().size() == 6);
}

TEST_CASE("Rolling replacement: the retired zygote is killed when it does not leave") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2});
  rehearsal.on(ZygoteReady{2});
  rehearsal.serve(0, 2);
  rehearsal.exited(100);
  CHECK(rehearsal.pass(29s) == "");
  CHECK(rehearsal.pass(1s) == "kill zygote 1");
  CHECK(rehearsal.on(ZygoteExited{1, signal(9)}) == "forget 1");
}

TEST_CASE("Rolling replacement: a changed policy holds for what begins later") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  Policy policy = Rehearsal::policy(7, 2);
  policy.graceful_timeout = 1s;
  rehearsal.supervisor.change_policy(policy);
  CHECK(rehearsal.on(TimePassed{}) == "");  // The number of workers needs ScaleRequested.
  rehearsal.on(ReloadRequested{2});
  CHECK(rehearsal.on(ZygoteReady{2}) == "fork 0/2; fork 1/2");
  rehearsal.serve(0, 2);
  CHECK(rehearsal.pass(1s) == "drain timed out 100; stop 100");
}

}  // namespace appserver::supervision::test
