#pragma once

#include <cstdlib>

namespace appserver::fuzz {

// Ends the process, which the fuzzer notes with the input, when a promise of the code is broken.
inline void require(bool promise) {
  if (!promise) {
    std::abort();
  }
}

}  // namespace appserver::fuzz
