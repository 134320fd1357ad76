#include "base/signal_name.h"

#include <csignal>

#include <doctest/doctest.h>

using appserver::signal_name;

TEST_CASE("signal_name: signals have their short names") {
  CHECK(signal_name(SIGSEGV) == "SIGSEGV");
  CHECK(signal_name(SIGKILL) == "SIGKILL");
  CHECK(signal_name(SIGCHLD) == "SIGCHLD");
}

TEST_CASE("signal_name: a number without a name is told as a number") {
  CHECK(signal_name(0) == "signal 0");
  CHECK(signal_name(-1) == "signal -1");
  CHECK(signal_name(40) == "signal 40");
  CHECK(signal_name(1000) == "signal 1000");
}
