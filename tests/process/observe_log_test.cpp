#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "observe/log.h"
#include "unit/observe/pipe.h"

namespace appserver::observe {
namespace {

TEST_CASE("Log: a forked child writes its own pid") {
  const MemoryFile file;
  Log log(file.fd.get(), config::LogLevel::Info, config::LogFormat::Text, {"master"});
  log.info("from the parent");
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    log.info("from the child");
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  const std::string all = file.content();
  CHECK(all.find("[" + std::to_string(::getpid()) + "] info  master: from the parent") !=
        std::string::npos);
  CHECK(all.find("[" + std::to_string(child) + "] info  master: from the child") !=
        std::string::npos);
}

}  // namespace
}  // namespace appserver::observe
