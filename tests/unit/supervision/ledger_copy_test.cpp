#include "supervision/ledger_copy.h"

#include <functional>
#include <utility>

#include <doctest/doctest.h>

#include "unit/supervision/rehearsal.h"

namespace appserver::supervision::test {
namespace {

// The same server with a new master, which is told at once that time has passed.
Rehearsal succeed(const Rehearsal& before, const Policy& policy) {
  auto supervisor = Supervisor::resume(policy, 2, before.supervisor.copy());
  REQUIRE(supervisor.has_value());
  Rehearsal after(policy);
  after.supervisor = std::move(*supervisor);
  after.now = before.now;
  return after;
}

LedgerCopy copy_of_two_workers() {
  Rehearsal rehearsal(Rehearsal::policy(2));
  rehearsal.boot();
  return rehearsal.supervisor.copy();
}

TEST_CASE("LedgerCopy: a server at rest has nothing to do after the change") {
  Rehearsal before(Rehearsal::policy(2));
  before.boot();
  Rehearsal after = succeed(before, Rehearsal::policy(2));
  CHECK(after.on(TimePassed{}).empty());
  CHECK(after.current(0) == 100);
  CHECK(after.current(1) == 101);
  CHECK(after.supervisor.desired().live == 1);
}

TEST_CASE("LedgerCopy: afterwards workers are replaced, scaled, reloaded and stopped as before") {
  Rehearsal before(Rehearsal::policy(2));
  before.boot();
  Rehearsal after = succeed(before, Rehearsal::policy(2));
  CHECK(after.exited(100, signal(11)) == "lost 100; fork 0/1");
  CHECK(after.serve(0, 1, 7).empty());
  CHECK(after.on(ScaleRequested{1}) == "drain 101");
  CHECK(after.exited(101).empty());
  CHECK(after.on(ReloadRequested{2}) == "boot 2");
  CHECK(after.on(ZygoteReady{2}) == "fork 0/2");
  CHECK(after.serve(0, 2) == "drain 7; live 2; retire 1");
  CHECK(after.on(StopRequested{true}) == "close doors; drain 200; retire 2");
}

TEST_CASE("LedgerCopy: a recycle goes on, and who waits for theirs is not forgotten") {
  Rehearsal before(Rehearsal::policy(2));
  before.boot();
  before.on(RecycleRequested{100, "1000 requests served"});
  before.on(RecycleRequested{101, "1000 requests served"});
  before.serve(0, 1, 110);
  Rehearsal after = succeed(before, Rehearsal::policy(2));
  CHECK(after.pass(1s).empty());
  CHECK(after.exited(100) == "fork 1/1");
  CHECK(after.serve(1, 1, 111) == "recycled 101; drain 101");
}

TEST_CASE("LedgerCopy: a stop that is delayed is no rest") {
  Policy policy = Rehearsal::policy(1);
  policy.drain_delay = 5s;
  Rehearsal rehearsal(policy);
  rehearsal.boot();
  CHECK(rehearsal.supervisor.is_at_rest());
  rehearsal.on(StopRequested{true});
  CHECK_FALSE(rehearsal.supervisor.is_at_rest());
}

TEST_CASE("LedgerCopy: a number that was used is not used again") {
  Rehearsal before(Rehearsal::policy(1));
  before.boot();
  before.on(ReloadRequested{5});
  before.on(ZygoteReady{5});
  before.serve(0, 5);
  Rehearsal after = succeed(before, Rehearsal::policy(1));
  CHECK(after.on(ReloadRequested{5}).empty());
  CHECK(after.on(ReloadRequested{6}) == "boot 6");
}

TEST_CASE("LedgerCopy: the ladder goes on at the rung and with the deadline it had") {
  Rehearsal before(Rehearsal::policy(2));
  before.boot();
  CHECK(before.on(ScaleRequested{1}) == "drain 101");
  before.pass(20s);
  Rehearsal after = succeed(before, Rehearsal::policy(2));
  CHECK(after.pass(9s).empty());
  CHECK(after.pass(1s) == "drain timed out 101; stop 101");
  CHECK(after.pass(2s) == "kill 101");
}

TEST_CASE("LedgerCopy: a slot that waits after deaths waits no longer and no shorter") {
  Rehearsal before(Rehearsal::policy(1));
  before.boot();
  for (const Pid pid : {100, 21, 22}) {
    before.exited(pid, signal(11));
    before.serve(0, 1, pid == 100 ? 21 : pid + 1);
  }
  REQUIRE(before.exited(23, signal(11)) == "lost 23 wait 100");
  before.pass(60ms);
  Rehearsal after = succeed(before, Rehearsal::policy(1));
  CHECK(after.on(TimePassed{}).empty());
  CHECK(after.pass(39ms).empty());
  CHECK(after.pass(1ms) == "fork 0/1");
}

TEST_CASE("LedgerCopy: a server is not at rest while it boots, reloads, forks or stops") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  const auto at_rest = [&rehearsal] { return rehearsal.supervisor.is_at_rest(); };
  rehearsal.start();
  CHECK_FALSE(at_rest());
  rehearsal.on(ZygoteReady{1});
  CHECK_FALSE(at_rest());
  rehearsal.serve(0, 1);
  CHECK(at_rest());
  rehearsal.exited(100, signal(11));
  CHECK_FALSE(at_rest());
  rehearsal.forked(0, 1, 7);
  CHECK(at_rest());
  rehearsal.on(WorkerReady{7});
  CHECK(at_rest());
  rehearsal.on(ReloadRequested{2});
  CHECK_FALSE(at_rest());
  rehearsal.on(ZygoteReady{2});
  rehearsal.serve(0, 2);
  CHECK(at_rest());  // The worker that drains does not matter.
  rehearsal.on(StopRequested{true});
  CHECK_FALSE(at_rest());
}

TEST_CASE("LedgerCopy: numbers that do not fit together are refused") {
  const std::vector<std::pair<const char*, std::function<void(LedgerCopy&)>>> mistakes = {
      {"no slot", [](LedgerCopy& c) { c.slots.clear(); }},
      {"no workers wanted", [](LedgerCopy& c) { c.desired.workers = 0; }},
      {"more workers than any server", [](LedgerCopy& c) { c.desired.workers = 1'000'000; }},
      {"a slot too many", [](LedgerCopy& c) { c.slots.emplace_back(); }},
      {"a stop under way", [](LedgerCopy& c) { c.desired.stop = StopMode::Graceful; }},
      {"a roll-out under way", [](LedgerCopy& c) { c.desired.rollout = 1; }},
      {"the first boot", [](LedgerCopy& c) { c.desired.first_boot = true; }},
      {"no generation", [](LedgerCopy& c) { c.generations.clear(); }},
      {"a generation twice", [](LedgerCopy& c) { c.generations.push_back(c.generations[0]); }},
      {"an unknown live one", [](LedgerCopy& c) { c.desired.live = 9; }},
      {"a newest one that is old", [](LedgerCopy& c) { c.newest = 0; }},
      {"a worker of nobody", [](LedgerCopy& c) { c.workers[0].generation = 7; }},
      {"a worker twice", [](LedgerCopy& c) { c.workers[1] = c.workers[0]; }},
      {"a pid twice", [](LedgerCopy& c) { c.workers[1].pid = c.workers[0].pid; }},
      {"no pid", [](LedgerCopy& c) { c.workers[0].pid.reset(); }},
      {"the pid of all processes", [](LedgerCopy& c) { c.workers[0].pid = -1; }},
      {"an id from the future", [](LedgerCopy& c) { c.next_worker = 1; }},
      {"a slot that is not there", [](LedgerCopy& c) { c.workers[0].slot = 1'000'000; }},
      {"the slot of another", [](LedgerCopy& c) { c.workers[0].slot = 1; }},
      {"a slot without its worker", [](LedgerCopy& c) { c.workers.pop_back(); }},
      {"a worker in no place", [](LedgerCopy& c) { c.workers[0].place = Place::None; }},
      {"draining in its place", [](LedgerCopy& c) { c.workers[0].state = WorkerState::Draining; }},
      {"a successor of nobody", [](LedgerCopy& c) { c.slots[0].successor = 77; }},
  };
  for (const auto& [what, make] : mistakes) {
    CAPTURE(what);
    LedgerCopy copy = copy_of_two_workers();
    make(copy);
    CHECK_FALSE(Supervisor::resume(Rehearsal::policy(2), 1, copy).has_value());
  }
  CHECK(Supervisor::resume(Rehearsal::policy(2), 1, copy_of_two_workers()).has_value());
}

}  // namespace
}  // namespace appserver::supervision::test
