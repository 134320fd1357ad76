#include <doctest/doctest.h>

#include "unit/supervision/rehearsal.h"

namespace appserver::supervision::test {
namespace {

Policy deploying(unsigned workers) {
  Policy policy = Rehearsal::policy(workers);
  policy.standby_timeout = 600s;
  return policy;
}

DeployPlan verified() {
  DeployPlan plan;
  plan.verify = true;
  return plan;
}
DeployPlan watched(Duration time, unsigned canary = 0) {
  DeployPlan plan;
  plan.watch = time;
  plan.canary = canary;
  return plan;
}

WatchFigures failing() {
  return {{1000, 100, 5ms}, {}, {1000, 0, 5ms}};
}
WatchFigures fine() {
  return {{1000, 0, 5ms}, {}, {1000, 0, 5ms}};
}

// Generation 2 is live on all slots and watched.
void swap_all(Rehearsal& rehearsal, unsigned workers, const DeployPlan& plan) {
  rehearsal.on(ReloadRequested{2, plan});
  rehearsal.on(ZygoteReady{2});
  for (Slot slot = 0; slot < workers; ++slot) {
    rehearsal.serve(slot, 2);
    rehearsal.exited(100 + static_cast<Pid>(slot));
  }
}

}  // namespace

TEST_CASE("Deploy: a generation gets no client before its verification is passed") {
  Rehearsal rehearsal(deploying(2));
  rehearsal.boot();
  CHECK(rehearsal.on(ReloadRequested{2, verified()}) == "boot 2");
  CHECK(rehearsal.on(ZygoteReady{2}) == "verify 2");
  CHECK(rehearsal.progress() == "2 verifying");
  CHECK(rehearsal.pass(60s).empty());
  CHECK(rehearsal.on(VerificationEnded{2, true, ""}) == "fork 0/2");
  CHECK(rehearsal.serve(0, 2) == "drain 100; fork 1/2");
  CHECK(rehearsal.progress() == "slot 0 on 2");
  CHECK(rehearsal.serve(1, 2) == "drain 101; live 2");
  CHECK(rehearsal.progress() == "slot 1 on 2; 2 live");
}

TEST_CASE("Deploy: a failed verification touches no worker and says why") {
  Rehearsal rehearsal(deploying(2));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2, verified()});
  rehearsal.on(ZygoteReady{2});
  CHECK(rehearsal.on(VerificationEnded{2, false, "GET / was answered 500"}) ==
        "failed 2; retire 2");
  CHECK(rehearsal.progress() == "2 failed: GET / was answered 500");
  CHECK(rehearsal.current(0) == 100);
  CHECK(rehearsal.supervisor.desired().live == 1);
  CHECK_FALSE(rehearsal.supervisor.is_deploying());
}

TEST_CASE("Deploy: a verification that does not end is ended") {
  Rehearsal rehearsal(deploying(1));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2, verified()});
  rehearsal.on(ZygoteReady{2});
  CHECK(rehearsal.pass(120s) == "cancel verification 2; failed 2; retire 2");
  CHECK(rehearsal.on(VerificationEnded{2, true, ""}).empty());
}

TEST_CASE("Deploy: a zygote that dies while its generation is verified ends the deploy") {
  Rehearsal rehearsal(deploying(1));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2, verified()});
  rehearsal.on(ZygoteReady{2});
  CHECK(rehearsal.on(ZygoteExited{2, signal(9)}) == "cancel verification 2; failed 2; forget 2");
}

TEST_CASE("Deploy: a canary is watched before the other slots are swapped") {
  Rehearsal rehearsal(deploying(3));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2, watched(10s, 1)});
  CHECK(rehearsal.on(ZygoteReady{2}) == "watch 2/1; fork 0/2");
  CHECK(rehearsal.serve(0, 2) == "drain 100");
  CHECK(rehearsal.progress() == "slot 0 on 2; 2 watching canary");
  rehearsal.exited(100);
  CHECK(rehearsal.on(FiguresTaken{2, fine()}).empty());
  CHECK(rehearsal.pass(9s).empty());
  CHECK(rehearsal.pass(1s) == "fork 1/2");
  CHECK(rehearsal.progress() == "2 swapping");
  CHECK(rehearsal.serve(1, 2) == "drain 101; fork 2/2");
  CHECK(rehearsal.serve(2, 2) == "drain 102");
  CHECK(rehearsal.progress() == "slot 2 on 2; 2 watching");
  CHECK(rehearsal.pass(10s) == "stop watch 2; live 2");
}

TEST_CASE("Deploy: a canary of all slots is none") {
  Rehearsal rehearsal(deploying(2));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2, watched(10s, 2)});
  rehearsal.on(ZygoteReady{2});
  CHECK(rehearsal.progress() == "2 swapping");
}

TEST_CASE("Deploy: bad figures put blue back on all slots at once, and the end is told then") {
  Rehearsal rehearsal(deploying(3));
  rehearsal.boot();
  swap_all(rehearsal, 3, watched(10s));
  CHECK(rehearsal.supervisor.desired().live == 1);
  CHECK(rehearsal.on(FiguresTaken{2, failing()}) ==
        "stop watch 2; failed 2; fork 0/1; fork 1/1; fork 2/1");
  CHECK(rehearsal.progress().empty());
  CHECK(rehearsal.supervisor.is_deploying());
  CHECK(rehearsal.serve(0, 1, 110) == "drain 200");
  CHECK(rehearsal.serve(2, 1, 112) == "drain 202");
  CHECK(rehearsal.serve(1, 1, 111) == "drain 201; retire 2");
  CHECK(rehearsal.progress() ==
        "slot 1 on 1; 2 rolled back: 10.0 % of its 1000 answers were 5xx, against 0.0 % of 1000 "
        "in the release before it; the limit is 1.0 % more");
  CHECK_FALSE(rehearsal.supervisor.is_deploying());
}

TEST_CASE("Deploy: a canary that crashes is taken back at once") {
  Rehearsal rehearsal(deploying(2));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2, watched(10s, 1)});
  rehearsal.on(ZygoteReady{2});
  rehearsal.serve(0, 2);
  rehearsal.exited(100);
  CHECK(rehearsal.exited(200, signal(11)) ==
        "lost 200; stop watch 2; failed 2; fork 0/1; retire 2");
  CHECK(rehearsal.supervisor.is_deploying());
  rehearsal.serve(0, 1, 110);
  CHECK(rehearsal.progress() ==
        "2 rolled back: its workers crashed once while it was watched; the limit is 0");
}

TEST_CASE("Deploy: blue's crashes in the same time excuse as many of green") {
  Rehearsal rehearsal(deploying(2));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2, watched(10s, 1)});
  rehearsal.on(ZygoteReady{2});
  rehearsal.serve(0, 2);
  rehearsal.exited(101, signal(11));
  rehearsal.serve(1, 1, 111);
  CHECK(rehearsal.exited(200, signal(11)) == "lost 200; fork 0/2");
}

TEST_CASE("Deploy: without a watch a crash is only a crash") {
  Rehearsal rehearsal(deploying(2));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2});
  rehearsal.on(ZygoteReady{2});
  rehearsal.serve(0, 2);
  rehearsal.pass(2s);
  CHECK(rehearsal.exited(200, signal(11)) == "lost 200; fork 0/2");
}

TEST_CASE("Deploy: it is not live while one of its slots is vacant at the end of the watch") {
  Rehearsal rehearsal(deploying(1));
  Policy patient = deploying(1);
  patient.watch.crashes = 5;
  rehearsal.supervisor.change_policy(patient);
  rehearsal.boot();
  swap_all(rehearsal, 1, watched(10s));
  rehearsal.pass(9500ms);
  CHECK(rehearsal.exited(200, signal(11)) == "lost 200; fork 0/2");
  CHECK(rehearsal.pass(1s).empty());
  CHECK(rehearsal.serve(0, 2, 210) == "stop watch 2; live 2");
}

TEST_CASE("Deploy: a second one is refused, or supersedes the first") {
  Rehearsal rehearsal(deploying(1));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2, verified()});
  DeployPlan modest;
  modest.supersede = false;
  CHECK(rehearsal.on(ReloadRequested{3, modest}) == "failed 3; forget 3");
  CHECK(rehearsal.progress() ==
        "3 refused: the deploy of generation 2 is under way; wait for its end, or supersede it");
  CHECK(rehearsal.on(ReloadRequested{4}) == "failed 2; retire 2; boot 4");
  CHECK(rehearsal.progress() == "2 superseded: superseded by generation 4 before it was live");
}

TEST_CASE("Deploy: what a failed one did is undone while the next one boots") {
  Rehearsal rehearsal(deploying(2));
  rehearsal.boot();
  swap_all(rehearsal, 2, watched(10s));
  rehearsal.on(FiguresTaken{2, failing()});
  CHECK(rehearsal.on(ReloadRequested{3}) == "boot 3");
  CHECK(rehearsal.serve(0, 1, 110) == "drain 200");
  SUBCASE("to the end") {
    CHECK(rehearsal.serve(1, 1, 111) == "drain 201; retire 2");
    CHECK(rehearsal.on(ZygoteReady{3}) == "fork 0/3");
  }
  SUBCASE("or until that one has a worker for the slot") {
    CHECK(rehearsal.on(ZygoteReady{3}) == "fork 0/3");
    CHECK(rehearsal.progress().substr(0, 14) == "2 superseded: ");
  }
}

TEST_CASE("Deploy: every deploy that the stop finds is told as cancelled") {
  Rehearsal rehearsal(deploying(1));
  rehearsal.boot();
  rehearsal.on(ReloadRequested{2, verified()});
  rehearsal.on(StopRequested{true});
  CHECK(rehearsal.progress() ==
        "2 cancelled: the server is stopping; deploy after it was started again");
}

TEST_CASE("Standby: blue's zygote stays until its time is over") {
  Rehearsal rehearsal(deploying(1));
  rehearsal.boot();
  swap_all(rehearsal, 1, {});
  REQUIRE(rehearsal.supervisor.standby());
  CHECK(rehearsal.supervisor.standby()->generation == 1);
  CHECK(rehearsal.pass(599s).empty());
  CHECK(rehearsal.pass(1s) == "retire 1");
  CHECK_FALSE(rehearsal.supervisor.standby());
}

TEST_CASE("Standby: a failed deploy leaves the one on standby as it was, a good one replaces it") {
  Rehearsal rehearsal(deploying(1));
  rehearsal.boot();
  swap_all(rehearsal, 1, {});
  rehearsal.on(ReloadRequested{3});
  rehearsal.on(ZygoteFailed{3, BootFault::AppFailedToLoad, "broken"});
  CHECK(rehearsal.supervisor.standby()->generation == 1);
  rehearsal.on(ReloadRequested{4});
  rehearsal.on(ZygoteReady{4});
  CHECK(rehearsal.serve(0, 4) == "drain 200; live 4; retire 1");
  CHECK(rehearsal.supervisor.standby()->generation == 2);
}

TEST_CASE("Standby: a zygote that dies there is not started again") {
  Rehearsal rehearsal(deploying(1));
  rehearsal.boot();
  swap_all(rehearsal, 1, {});
  CHECK(rehearsal.on(ZygoteExited{1, signal(9)}) == "forget 1");
  CHECK_FALSE(rehearsal.supervisor.standby());
}

TEST_CASE("Standby: blue is not kept when green has other sockets") {
  Rehearsal rehearsal(deploying(1));
  rehearsal.boot();
  DeployPlan plan;
  plan.keeps_blue = false;
  rehearsal.on(ReloadRequested{2, plan});
  rehearsal.on(ZygoteReady{2});
  CHECK(rehearsal.serve(0, 2) == "drain 100; live 2; retire 1");
}

TEST_CASE("Rollback: all slots are forked from the zygote on standby at once") {
  Rehearsal rehearsal(deploying(3));
  rehearsal.boot();
  swap_all(rehearsal, 3, {});
  CHECK(rehearsal.on(RollbackRequested{}) == "fork 0/1; fork 1/1; fork 2/1");
  rehearsal.serve(0, 1, 110);
  rehearsal.serve(1, 1, 111);
  CHECK(rehearsal.serve(2, 1, 112) == "drain 202; live 1");
  CHECK(rehearsal.progress() == "slot 2 on 1; 1 live");
  CHECK(rehearsal.supervisor.standby()->generation == 2);
}

TEST_CASE("Rollback: asked for twice, it is done once") {
  Rehearsal rehearsal(deploying(1));
  rehearsal.boot();
  swap_all(rehearsal, 1, {});
  rehearsal.on(RollbackRequested{});
  CHECK(rehearsal.on(RollbackRequested{}).empty());
  CHECK(rehearsal.serve(0, 1, 110) == "drain 200; live 1");
}

TEST_CASE("Rollback: during a deploy it ends that one") {
  Rehearsal rehearsal(deploying(1));
  rehearsal.boot();
  swap_all(rehearsal, 1, watched(10s));
  CHECK(rehearsal.on(RollbackRequested{}) == "stop watch 2; failed 2; fork 0/1");
  rehearsal.serve(0, 1, 110);
  CHECK(rehearsal.progress() == "slot 0 on 1; 2 rolled back: a rollback was asked for");
}

TEST_CASE("Rollback: a zygote that cannot fork any more leaves the live generation as it is") {
  Rehearsal rehearsal(deploying(1));
  rehearsal.boot();
  swap_all(rehearsal, 1, {});
  rehearsal.on(RollbackRequested{});
  CHECK(rehearsal.on(WorkerForkFailed{0, 1, "EAGAIN"}) == "failed 1; retire 1");
  CHECK(rehearsal.supervisor.desired().live == 2);
  CHECK(rehearsal.current(0) == 200);
}

TEST_CASE("Rollback: with nothing on standby nothing happens") {
  Rehearsal rehearsal(Rehearsal::policy(1));
  rehearsal.boot();
  CHECK(rehearsal.on(RollbackRequested{}).empty());
}

}  // namespace appserver::supervision::test
