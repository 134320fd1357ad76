#include "config/restart.h"

#include <doctest/doctest.h>

using namespace appserver::config;

TEST_CASE("Restart: only what a running server cannot follow is named") {
  const Options running;
  Options wanted = running;
  wanted.workers = 7;
  wanted.bind = {"127.0.0.1:1"};
  wanted.log_level = LogLevel::Debug;
  CHECK(changed_for_restart(running, wanted).empty());
  wanted.pid = "/run/x.pid";
  wanted.log_format = LogFormat::Json;
  CHECK(changed_for_restart(running, wanted) == std::vector<std::string>{"--pid", "--log-format"});
  wanted.name = "shop";
  wanted.error_logfile = "/var/log/x";
  wanted.access_logfile = "-";
  CHECK(changed_for_restart(running, wanted).size() == 5);
}
