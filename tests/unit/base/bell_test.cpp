#include "base/bell.h"

#include <cerrno>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <doctest/doctest.h>

using appserver::Bell;

namespace {

bool rings(const Bell& bell) {
  pollfd waiting{bell.fd(), POLLIN, 0};
  return ::poll(&waiting, 1, 0) == 1;
}

}  // namespace

TEST_CASE("Bell: a wish is heard once, however often it was made") {
  const Bell bell = Bell::make().value();
  CHECK_FALSE(rings(bell));
  CHECK(bell.answer() == 0);
  bell.ring(1);
  bell.ring(4);
  bell.ring(1);
  CHECK(rings(bell));
  CHECK(bell.answer() == 5);
  CHECK_FALSE(rings(bell));
  CHECK(bell.answer() == 0);
}

TEST_CASE("Bell: wishes of several threads all arrive") {
  const Bell bell = Bell::make().value();
  std::thread one([&bell] { bell.ring(1); });
  std::thread two([&bell] { bell.ring(2); });
  one.join();
  two.join();
  CHECK(bell.answer() == 3);
}

TEST_CASE("Bell: what was wished before it was moved is heard after that") {
  Bell bell = Bell::make().value();
  bell.ring(2);
  const Bell moved = std::move(bell);
  CHECK(rings(moved));
  CHECK(moved.answer() == 2);
}

TEST_CASE("Bell: ringing leaves errno alone") {
  const Bell bell = Bell::make().value();
  errno = ENOENT;
  for (int i = 0; i < 3; ++i) {
    bell.ring(1);
  }
  CHECK(errno == ENOENT);
}
