#include "app/thread_count.h"

#include <future>
#include <string>
#include <thread>

#include <doctest/doctest.h>

using namespace appserver::app;

TEST_CASE("ThreadCount: a thread that runs is counted and refused") {
  const std::size_t before = thread_count();
  std::promise<void> release;
  std::thread thread([done = release.get_future()] { done.wait(); });
  CHECK(thread_count() == before + 1);
  const auto checked = require_no_new_threads("/srv/app.so", before);
  release.set_value();
  thread.join();
  REQUIRE_FALSE(checked.has_value());
  CHECK(checked.error().kind == LoadError::Kind::StartedThreads);
  CHECK(checked.error().message.starts_with(
      "/srv/app.so: the app started 1 thread while loading, and a process with threads cannot be "
      "forked safely; start them in on_worker_start, or run with --lazy"));
}

// 1. A load hook warms its caches with threads and joins them. 2. The kernel still lists the last
// one for some microseconds. 3. A plain count refuses the app, once in some thousand loads.
TEST_CASE("ThreadCount: a thread that the kernel is ending is known by its flags") {
  CHECK(is_ending_thread("71 (shop) R 1 71 71 0 -1 4194372 24 0 0 0"));
  CHECK_FALSE(is_ending_thread("71 (shop) S 1 71 71 0 -1 4194368 24 0 0 0"));
  CHECK(is_ending_thread("71 (a ) S 1 1 1 0 -1 0) R 1 71 71 0 -1 4 24 0 0 0"));
  CHECK_FALSE(is_ending_thread("71 (a ) S 1 1 1 0 -1 4) R 1 71 71 0 -1 0 24 0 0 0"));
  CHECK_FALSE(is_ending_thread(""));
}

TEST_CASE("ThreadCount: threads that were joined are not counted") {
  const std::size_t before = thread_count();
  for (int round = 0; round < 100; ++round) {
    std::thread([] {}).join();
    REQUIRE(require_no_new_threads("/srv/app.so", before).has_value());
  }
}
