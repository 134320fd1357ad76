#include "base/event_loop.h"

#include <array>
#include <signal.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/unique_fd.h"

namespace appserver {
namespace {

// Counts what happens to it.
struct Listener {
  void on_ready(int) noexcept { ++readable; }
  void on_time() noexcept { ++times; }
  void on_signal(int number) noexcept { signal = number; }

  int readable = 0;
  int times = 0;
  int signal = 0;
};

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), 0) == 0);
    read_end.reset(ends[0]);
    write_end.reset(ends[1]);
  }
  void write_byte() const { REQUIRE(::write(write_end.get(), "x", 1) == 1); }

  UniqueFd read_end;
  UniqueFd write_end;
};

TEST_CASE("IoWatcher: calls its owner when the descriptor is readable, and not after stop") {
  EventLoop loop(EventLoop::Kind::Own);
  const Pipe pipe;
  Listener listener;
  IoWatcher watcher(loop);
  watcher.start<&Listener::on_ready>(&listener, pipe.read_end.get(), IoWatcher::kReadable);
  loop.run_pending();
  CHECK(listener.readable == 0);
  pipe.write_byte();
  loop.run_once();
  CHECK(listener.readable == 1);
  watcher.stop();
  loop.run_pending();
  CHECK(listener.readable == 1);
}

TEST_CASE("IoWatcher: waits for other events on the same descriptor after wait_for") {
  EventLoop loop(EventLoop::Kind::Own);
  const Pipe pipe;
  Listener listener;
  IoWatcher watcher(loop);
  watcher.start<&Listener::on_ready>(&listener, pipe.write_end.get(), IoWatcher::kReadable);
  loop.run_pending();
  CHECK(listener.readable == 0);
  watcher.wait_for(IoWatcher::kWritable);
  loop.run_once();
  CHECK(listener.readable == 1);
}

TEST_CASE("TimerWatcher: fires once, or again and again, and never when stopped") {
  EventLoop loop(EventLoop::Kind::Own);
  Listener once;
  Listener repeated;
  TimerWatcher first(loop);
  TimerWatcher second(loop);
  first.start<&Listener::on_time>(&once, 0.0);
  second.start<&Listener::on_time>(&repeated, 0.0, 0.001);
  while (repeated.times < 3) {
    loop.run_once();
  }
  CHECK(once.times == 1);
  CHECK_FALSE(first.is_active());
  CHECK(second.is_active());
}

TEST_CASE("SignalWatcher: a signal becomes an event of the loop") {
  EventLoop loop(EventLoop::Kind::Own);
  Listener listener;
  SignalWatcher watcher(loop);
  watcher.start<&Listener::on_signal>(&listener, SIGUSR1);
  ::raise(SIGUSR1);
  loop.run_once();
  CHECK(listener.signal == SIGUSR1);
}

}  // namespace
}  // namespace appserver
