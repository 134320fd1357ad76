#pragma once

#include <cstdint>
#include <fstream>
#include <string>

#include "support/running_server.h"

namespace appserver::test {

// A sanitizer keeps freed memory for a while, so that growth tells nothing there: the same checks
// run in the plain build.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kMemoryTellsSomething = false;
#else
inline constexpr bool kMemoryTellsSomething = true;
#endif

// Memory of the server's first worker that is its own, in KiB.
inline std::uint64_t worker_memory(const RunningServer& server) {
  std::ifstream file("/proc/" + std::to_string(server.process.workers()[0].pid) + "/smaps_rollup");
  std::string word;
  std::uint64_t total = 0;
  while (file >> word) {
    if (word == "Private_Dirty:") {
      file >> total;
    }
  }
  return total;
}

}  // namespace appserver::test
