#pragma once

#include <cstring>
#include <string>

namespace appserver {

// The name people know a signal by: "SIGSEGV"; "signal 40" for one without a name (the real-time
// signals) or a number that is no signal. [any]
[[nodiscard]] inline std::string signal_name(int number) {
  // Not strsignal(3), whose text depends on the locale and says "Segmentation fault".
  const char* abbreviation = ::sigabbrev_np(number);
  if (abbreviation == nullptr) {
    return "signal " + std::to_string(number);
  }
  return std::string("SIG") + abbreviation;
}

}  // namespace appserver
