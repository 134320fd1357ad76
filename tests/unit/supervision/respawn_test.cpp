#include <doctest/doctest.h>

#include "unit/supervision/rehearsal.h"

namespace appserver::supervision::test {
namespace {

// What WorkerLost among the latest commands says.
WorkerLost loss(const Rehearsal& rehearsal) {
  for (const Command& command : rehearsal.last) {
    if (const auto* lost = std::get_if<WorkerLost>(&command)) {
      return *lost;
    }
  }
  FAIL("no worker was lost");
  return {};
}

}  // namespace

TEST_CASE("Respawn: a worker that crashes is refilled in the same step") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  CHECK(rehearsal.exited(101, signal(11)) == "lost 101; fork 1/1");
  CHECK(loss(rehearsal).slot == 1);
  CHECK(loss(rehearsal).generation == 1);
  CHECK(loss(rehearsal).reason.code == 11);
  CHECK(loss(rehearsal).why == "worker 1 (pid 101) was ended by SIGSEGV");
  CHECK(rehearsal.serve(1, 1, 111) == "");
  CHECK(rehearsal.current(1) == 111);
}

TEST_CASE("Respawn: a handler over its deadline is told once, and killed when it does not end") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  const TimePoint since = rehearsal.now;
  CHECK(rehearsal.on(HandlerOverdue{100, since}) == "time out 100");
  rehearsal.pass(5s);
  CHECK(rehearsal.on(HandlerOverdue{100, since}) == "");
  SUBCASE("another handler of the same worker is told anew") {
    CHECK(rehearsal.on(HandlerOverdue{100, rehearsal.now}) == "time out 100");
  }
  SUBCASE("the same one has ten seconds, for a core dump") {
    rehearsal.pass(5s);
    CHECK(rehearsal.on(HandlerOverdue{100, since}) == "kill 100");
    CHECK(rehearsal.on(HandlerOverdue{100, since}) == "");
  }
  CHECK(rehearsal.exited(100, signal(6)) == "lost 100; fork 0/1");
  CHECK(rehearsal.on(HandlerOverdue{100, since}) == "");
}

TEST_CASE("Respawn: quick deaths are delayed, and a worker that served for long forgives them") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  CHECK(rehearsal.exited(100, signal(11)) == "lost 100; fork 0/1");
  for (const Pid pid : {110, 111}) {
    rehearsal.serve(0, 1, pid);
    CHECK(rehearsal.exited(pid, signal(11)).find("; fork 0/1") != std::string::npos);
  }
  rehearsal.serve(0, 1, 112);
  CHECK(rehearsal.exited(112, signal(11)) == "lost 112 wait 100");
  CHECK(rehearsal.pass(99ms) == "");
  CHECK(rehearsal.pass(1ms) == "fork 0/1");
  rehearsal.serve(0, 1, 113);
  rehearsal.pass(1s);
  CHECK(rehearsal.exited(113, signal(11)) == "lost 113; fork 0/1");
}

TEST_CASE("Respawn: a worker that leaves by itself in good order is refilled at once") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  CHECK(rehearsal.exited(100, status(0)) == "lost 100; fork 0/1");
}

TEST_CASE("Respawn: workers that leave as soon as they are ready do not make a storm of forks") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.exited(100);
  for (const Pid pid : {110, 111}) {
    rehearsal.serve(0, 1, pid);
    rehearsal.exited(pid);
  }
  rehearsal.serve(0, 1, 112);
  CHECK(rehearsal.exited(112) == "lost 112 wait 100");
}

TEST_CASE("Respawn: a fork that fails is tried again with back-off") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.exited(100, signal(11));
  CHECK(rehearsal.on(WorkerForkFailed{0, 1, "EAGAIN"}) == "fork 0/1");
  CHECK(rehearsal.on(WorkerForkFailed{0, 1, "EAGAIN"}) == "fork 0/1");
  CHECK(rehearsal.on(WorkerForkFailed{0, 1, "EAGAIN"}) == "");
  CHECK(rehearsal.pass(100ms) == "fork 0/1");
}

TEST_CASE("Respawn: a worker that says it cannot start but does not leave is killed") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.exited(100, signal(11));
  rehearsal.forked(0, 1, 110);
  rehearsal.on(WorkerFailedToBoot{110, BootFault::WorkerFailedToBoot, "no database"});
  CHECK(rehearsal.on(WorkerReady{110}) == "");
  CHECK(rehearsal.supervisor.workers().current(0)->state == WorkerState::Starting);
  CHECK(rehearsal.pass(2s) == "kill 110");
  CHECK(rehearsal.exited(110, signal(9)) == "lost 110; fork 0/1");
  CHECK(loss(rehearsal).why == "worker 0 (pid 110) failed to start: no database");
}

TEST_CASE("Respawn: a dead zygote disturbs no worker and is booted again for its generation") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  CHECK(rehearsal.on(ZygoteExited{1, signal(9)}) == "zygote lost 1; boot 1");
  CHECK(rehearsal.exited(100, signal(11)) == "lost 100");  // Nobody can fork now.
  CHECK(rehearsal.current(1) == 101);
  CHECK(rehearsal.on(ZygoteReady{1}) == "fork 0/1");
}

TEST_CASE("Respawn: a zygote that keeps dying is booted again with back-off, for ever") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  CHECK(rehearsal.on(ZygoteExited{1, signal(9)}) == "zygote lost 1; boot 1");
  CHECK(rehearsal.on(ZygoteExited{1, status(1)}) == "zygote lost 1; boot 1");
  CHECK(rehearsal.on(ZygoteExited{1, status(1)}) == "zygote lost 1; boot 1");
  CHECK(rehearsal.on(ZygoteFailed{1, BootFault::AppFailedToLoad, "no memory"}) == "");
  CHECK(rehearsal.on(ZygoteExited{1, status(1)}) == "zygote lost 1 wait 100");
  CHECK(std::get<ZygoteLost>(rehearsal.last.at(0)).why == "no memory");
  CHECK(rehearsal.pass(100ms) == "boot 1");
  CHECK(rehearsal.pass(60s) == "kill zygote 1");
  CHECK(rehearsal.on(ZygoteExited{1, signal(9)}) == "zygote lost 1 wait 200");
  CHECK(rehearsal.current(0) == 100);
}

TEST_CASE("Respawn: forks that a dead zygote left unanswered are asked of the next one") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.exited(100, signal(11));
  rehearsal.on(ZygoteExited{1, signal(9)});
  CHECK(rehearsal.on(ZygoteReady{1}) == "fork 0/1");
}

TEST_CASE("Respawn: the time to start begins when the worker is forked") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.exited(100, signal(11));
  rehearsal.pass(59s);
  rehearsal.forked(0, 1, 110);
  CHECK(rehearsal.pass(59s) == "");
  CHECK(rehearsal.pass(1s) == "kill 110");
}

TEST_CASE("Respawn: a zygote that does not answer a fork in time is killed") {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  rehearsal.exited(100, signal(11));
  CHECK(rehearsal.pass(60s) == "kill zygote 1");
  CHECK(rehearsal.on(ZygoteExited{1, signal(9)}) == "zygote lost 1; boot 1");
  CHECK(rehearsal.on(ZygoteReady{1}) == "fork 0/1");
}

TEST_CASE("Order of news: a worker that is reaped before the zygote names it is never signalled") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.exited(100, signal(11));
  CHECK(rehearsal.exited(110, signal(6)) == "");
  CHECK(rehearsal.forked(0, 1, 110) == "lost 110; fork 0/1");
  CHECK(rehearsal.supervisor.workers().workers().size() == 1);
}

TEST_CASE("Order of news: a worker that is ready before the zygote names it serves") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.exited(100, signal(11));
  CHECK(rehearsal.on(WorkerReady{110}) == "");
  rehearsal.forked(0, 1, 110);
  CHECK(rehearsal.supervisor.workers().current(0)->state == WorkerState::Serving);
}

TEST_CASE("Order of news: a failed start is known even if it overtakes the zygote's word") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.exited(100, signal(11));
  rehearsal.on(WorkerFailedToBoot{110, BootFault::WorkerFailedToBoot, "no database"});
  SUBCASE("and its exit does not") {
    CHECK(rehearsal.forked(0, 1, 110) == "");
    CHECK(rehearsal.exited(110, status(1)) == "lost 110; fork 0/1");
  }
  SUBCASE("and so does its exit") {
    rehearsal.exited(110, status(1));
    CHECK(rehearsal.forked(0, 1, 110) == "lost 110; fork 0/1");
  }
  CHECK(loss(rehearsal).why == "worker 0 (pid 110) failed to start: no database");
}

TEST_CASE("Order of news: the death of a stranger is not kept for a later worker with that pid") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  CHECK(rehearsal.exited(110, status(0)) == "");  // No fork is outstanding.
  rehearsal.exited(100, signal(11));
  CHECK(rehearsal.forked(0, 1, 110) == "");
  CHECK(rehearsal.current(0) == 110);
}

TEST_CASE("Order of news: what is known of a stranger is dropped with the last answered fork") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  rehearsal.exited(100, signal(11));
  rehearsal.exited(111, status(0));
  rehearsal.serve(0, 1, 110);
  rehearsal.exited(110, signal(11));
  CHECK(rehearsal.forked(0, 1, 111) == "");
  CHECK(rehearsal.current(0) == 111);
}

TEST_CASE("Order of news: events of unknown pids, slots and generations change nothing") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  const Event strange[] = {WorkerReady{9999},
                           WorkerExited{9999, status(0)},
                           WorkerFailedToBoot{9999, BootFault::WorkerFailedToBoot, ""},
                           WorkerForked{0, 1, 9999},
                           WorkerForked{77, 1, 9999},
                           WorkerForkFailed{0, 1, ""},
                           ZygoteReady{1},
                           ZygoteReady{9},
                           ZygoteFailed{1, BootFault::AppFailedToLoad, ""},
                           ZygoteFailed{9, BootFault::AppFailedToLoad, ""},
                           ZygoteExited{9, status(0)},
                           WorkerReady{100},
                           ReloadRequested{1},
                           ReloadRequested{0},
                           TimePassed{}};
  for (const Event& event : strange) {
    CHECK(rehearsal.on(event) == "");
  }
  CHECK(rehearsal.current(0) == 100);
  CHECK(rehearsal.time_left() == std::nullopt);
}

}  // namespace appserver::supervision::test
