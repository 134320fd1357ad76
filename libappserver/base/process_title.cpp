#include "base/process_title.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/prctl.h>
#include <unistd.h>
#include <vector>

namespace appserver {
namespace {

constexpr std::string_view kPrefix = "appserverd: ";

// Copies the environment to memory of its own, through setenv(), which owns what it stores.
void move_environment_away() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    variables.emplace_back(*variable);
  }
  ::clearenv();
  for (const std::string& variable : variables) {
    if (const auto equals = variable.find('='); equals != std::string::npos) {
      ::setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
    }
  }
}

}  // namespace

ProcessTitle::ProcessTitle(int argc, char** argv) {
  if (argc < 1) {
    return;
  }
  begin_ = argv[0];
  end_ = argv[argc - 1] + std::strlen(argv[argc - 1]) + 1;
  // The environment follows directly, one string behind the other.
  for (char** variable = environ; *variable != nullptr && *variable == end_; ++variable) {
    end_ += std::strlen(*variable) + 1;
  }
  move_environment_away();
}

void ProcessTitle::set(std::string_view title) noexcept {
  if (names_thread_) {
    title.remove_prefix(title.starts_with(kPrefix) ? kPrefix.size() : 0);
    std::array<char, 16> name{};
    std::copy_n(title.data(), std::min(title.size(), name.size() - 1), name.data());
    ::prctl(PR_SET_NAME, name.data(), 0, 0, 0);
    return;
  }
  if (begin_ == nullptr) {
    return;
  }
  const auto room = static_cast<std::size_t>(end_ - begin_) - 1;
  const std::size_t length = std::min(title.size(), room);
  std::memcpy(begin_, title.data(), length);
  std::memset(begin_ + length, 0, room + 1 - length);
}

}  // namespace appserver
