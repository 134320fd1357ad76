#include "worker/deadlines.h"

#include <array>
#include <chrono>
#include <deque>
#include <map>
#include <random>

#include <doctest/doctest.h>

namespace appserver::worker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kStart{seconds(1000)};

// Each kind of wait lasts a second longer than the one before: Request 1 s, Head 2 s, Body 3 s, ...
constexpr std::array<Duration, kWaits> kSpans = {seconds(1), seconds(2), seconds(3),
                                                 seconds(4), seconds(5), seconds(6)};

// Deadlines only hand the address of their owner back, so that any address will do.
struct Waiter {
  Waiter() : deadline(*address()) {}
  Connection* address() { return reinterpret_cast<Connection*>(&place); }

  char place = 0;
  Deadline deadline;
};

TEST_CASE("Deadlines: a wait passes after the time of its kind, not before") {
  Deadlines deadlines(kSpans);
  Waiter waiter;
  deadlines.start(waiter.deadline, Wait::Body, kStart);
  CHECK(deadlines.take_passed(kStart + seconds(3) - std::chrono::milliseconds(1)) == nullptr);
  CHECK(deadlines.take_passed(kStart + seconds(3)) == waiter.address());
  CHECK(deadlines.take_passed(kStart + seconds(99)) == nullptr);
}

TEST_CASE("Deadlines: those that began first pass first") {
  Deadlines deadlines(kSpans);
  Waiter first;
  Waiter second;
  deadlines.start(first.deadline, Wait::Request, kStart);
  deadlines.start(second.deadline, Wait::Request, kStart + seconds(1));
  CHECK(deadlines.take_passed(kStart + seconds(1)) == first.address());
  CHECK(deadlines.take_passed(kStart + seconds(1)) == nullptr);
  CHECK(deadlines.take_passed(kStart + seconds(2)) == second.address());
}

TEST_CASE("Deadlines: a wait that starts anew, or for something else, forgets the one before") {
  Deadlines deadlines(kSpans);
  Waiter waiter;
  Waiter other;
  deadlines.start(waiter.deadline, Wait::Request, kStart);
  deadlines.start(other.deadline, Wait::Request, kStart);
  deadlines.start(waiter.deadline, Wait::Write, kStart);
  CHECK(deadlines.take_passed(kStart + seconds(1)) == other.address());
  CHECK(deadlines.take_passed(kStart + seconds(3)) == nullptr);
  CHECK(deadlines.take_passed(kStart + seconds(4)) == waiter.address());
}

TEST_CASE("Deadlines: a wait that is cancelled, or whose owner is gone, never passes") {
  Deadlines deadlines(kSpans);
  Waiter waiter;
  deadlines.start(waiter.deadline, Wait::Head, kStart);
  waiter.deadline.cancel();
  waiter.deadline.cancel();  // Twice is as good as once.
  {
    Waiter gone;
    deadlines.start(gone.deadline, Wait::Head, kStart);
  }
  CHECK(deadlines.take_passed(kStart + seconds(99)) == nullptr);
}

TEST_CASE("Deadlines: a wait that goes on passes when it would have, however many began before") {
  Deadlines deadlines(kSpans);
  Waiter idle;
  Waiter resumed;
  deadlines.start(idle.deadline, Wait::Body, kStart);
  deadlines.resume(resumed.deadline, Wait::Body, kStart + milliseconds(1100), kStart);
  CHECK(deadlines.take_passed(kStart + milliseconds(1099)) == nullptr);
  CHECK(deadlines.take_passed(kStart + milliseconds(1100)) == resumed.address());
  CHECK(deadlines.take_passed(kStart + seconds(3)) == idle.address());
}

TEST_CASE("Deadlines: a wait that goes on gets no more time than one that begins") {
  Deadlines deadlines(kSpans);
  Waiter waiter;
  deadlines.resume(waiter.deadline, Wait::Head, kStart + seconds(50), kStart);
  CHECK(deadlines.take_passed(kStart + milliseconds(1999)) == nullptr);
  CHECK(deadlines.take_passed(kStart + seconds(2)) == waiter.address());
}

TEST_CASE("Deadlines: a wait that was over on its way passes at once") {
  Deadlines deadlines(kSpans);
  CHECK(deadlines.take_passed(kStart) == nullptr);
  Waiter waiter;
  deadlines.resume(waiter.deadline, Wait::Head, kStart - seconds(400), kStart);
  CHECK(waiter.deadline.at() == kStart - seconds(400));
  CHECK(deadlines.take_passed(kStart) == waiter.address());
  CHECK(deadlines.take_passed(kStart) == nullptr);
}

TEST_CASE("Deadlines: what goes on can be cancelled and started anew as everything else") {
  Deadlines deadlines(kSpans);
  Waiter cancelled;
  Waiter renewed;
  deadlines.resume(cancelled.deadline, Wait::Head, kStart + seconds(1), kStart);
  deadlines.resume(renewed.deadline, Wait::Head, kStart + seconds(1), kStart);
  cancelled.deadline.cancel();
  deadlines.start(renewed.deadline, Wait::Write, kStart);
  CHECK(deadlines.take_passed(kStart + milliseconds(3999)) == nullptr);
  CHECK(deadlines.take_passed(kStart + seconds(4)) == renewed.address());
}

// Waits from a moment to some turns of the wheel, looked at as often as a worker does, or after a
// long time without a look: none passes early, and none later than the next look.
TEST_CASE("Deadlines: each of a thousand waits that go on passes in its time") {
  for (const milliseconds look : {milliseconds(250), milliseconds(1), milliseconds(200'000)}) {
    CAPTURE(look.count());
    Deadlines deadlines(
        {seconds(1000), seconds(1000), seconds(1000), seconds(1), seconds(1), seconds(1)});
    std::deque<Waiter> waiters;
    std::map<Connection*, TimePoint> ends;
    std::minstd_rand random(7);
    for (int i = 0; i < 1000; ++i) {
      Waiter& waiter = waiters.emplace_back();
      const TimePoint end = kStart + milliseconds(random() % 200'000);
      ends[waiter.address()] = end;
      deadlines.resume(waiter.deadline, Wait::Request, end, kStart);
    }
    int early = 0;
    int late = 0;
    for (TimePoint now = kStart; now <= kStart + seconds(200); now += look) {
      while (Connection* passed = deadlines.take_passed(now)) {
        early += ends.at(passed) > now ? 1 : 0;
        late += ends.at(passed) + look <= now ? 1 : 0;
        ends.erase(passed);
      }
    }
    CHECK(ends.empty());
    CHECK(early == 0);
    CHECK(late == 0);
  }
}

}  // namespace
}  // namespace appserver::worker
