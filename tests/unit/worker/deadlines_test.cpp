#include "worker/deadlines.h"

#include <array>
#include <chrono>

#include <doctest/doctest.h>

namespace appserver::worker {
namespace {

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

}  // namespace
}  // namespace appserver::worker
