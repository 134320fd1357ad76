#include "worker/baton.h"

#include <atomic>
#include <future>
#include <thread>

#include <doctest/doctest.h>

#include "worker/line.h"

using namespace appserver::worker;

namespace {

// The standby's side, on a thread: holds the loop whenever it gets it, until it is wanted back.
class Holder {
 public:
  explicit Holder(Baton& baton) : baton_(baton), thread_([this] { run(); }) {}
  ~Holder() {
    baton_.end();
    thread_.join();
  }
  // Requires: lent. Waits until it was taken.
  void wait_until_held() const { held_.wait(false); }
  [[nodiscard]] int times() const { return times_.load(); }

 private:
  void run() {
    while (baton_.take_from_slow_handler()) {
      ++times_;
      held_ = true;
      held_.notify_all();
      while (!baton_.is_wanted()) {
        std::this_thread::yield();
      }
      held_ = false;
      baton_.give_back();
    }
  }

  Baton& baton_;
  std::atomic<bool> held_ = false;
  std::atomic<int> times_ = 0;
  std::thread thread_;
};

}  // namespace

TEST_CASE("Baton: quick handlers keep the loop, however many there are") {
  Baton baton;
  baton.wake_standby_by([] {});
  const Holder holder(baton);
  int mine = 0;
  for (int i = 0; i < 20'000; ++i) {
    baton.lend();
    baton.take_back();
    ++mine;
  }
  CHECK(mine == 20'000);
}

TEST_CASE("Baton: a slow handler loses the loop, and gets it back when it is done") {
  Baton baton;
  int wake_ups = 0;
  baton.wake_standby_by([&wake_ups] { ++wake_ups; });
  Holder holder(baton);
  for (int i = 1; i <= 3; ++i) {
    baton.lend();
    holder.wait_until_held();
    baton.take_back();
    CHECK(holder.times() == i);
  }
  CHECK(wake_ups == 3);
}

TEST_CASE("Baton: a crash of the first thread finds its own loop, nobody's, and the standby's") {
  Baton baton;
  baton.wake_standby_by([] {});
  Holder holder(baton);
  CHECK(baton.seize(true));
  baton.lend();
  holder.wait_until_held();
  CHECK(baton.seize(true));
}

TEST_CASE("Baton: a crash of another thread takes the loop from a handler, once and for all") {
  Baton baton;
  baton.wake_standby_by([] {});
  baton.lend();
  const auto crash = [&baton] { return baton.seize(false); };
  CHECK(std::async(std::launch::async, crash).get());
  CHECK(std::async(std::launch::async, crash).get());  // It is there still.
  CHECK(baton.is_wanted() == false);
}

TEST_CASE("Baton: the end wakes a standby that sleeps") {
  Baton baton;
  auto standby =
      std::async(std::launch::async, [&baton] { return baton.take_from_slow_handler(); });
  baton.end();
  CHECK_FALSE(standby.get());
}

TEST_CASE("Line: first come, first served, and its memory is used again") {
  Line line;
  const auto member = [](std::uintptr_t number) { return reinterpret_cast<Connection*>(number); };
  CHECK(line.empty());
  std::uintptr_t in = 0;
  std::uintptr_t out = 0;
  for (int round = 0; round < 1000; ++round) {
    for (int i = 0; i < 3; ++i) {
      line.push_back(member(++in));
    }
    for (int i = 0; i < 2 + (round >= 500 ? 1 : 0); ++i) {
      CHECK(line.front() == member(out + 1));
      CHECK(line.take_front() == member(++out));
    }
  }
  CHECK(line.size() == 500);
  while (!line.empty()) {
    CHECK(line.take_front() == member(++out));
  }
  CHECK(out == in);
}
