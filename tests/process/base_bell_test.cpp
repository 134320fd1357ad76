#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/bell.h"

using appserver::Bell;

TEST_CASE("Bell: in a forked child it rings for nobody") {
  const Bell bell = Bell::make().value();
  const pid_t child = ::fork();
  if (child == 0) {
    bell.ring(1);
    ::_exit(bell.answer() == 0 ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(bell.answer() == 0);
}
