#pragma once

#include <string>
#include <string_view>

namespace appserver::test {

// The bytes of a whole GET, for clients that send several before they read.
[[nodiscard]] inline std::string get_request(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

}  // namespace appserver::test
