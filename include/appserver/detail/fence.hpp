#pragma once

#include <cstdint>
#include <exception>

#include <appserver/abi.h>
#include <appserver/detail/host.hpp>

// Not part of the user's interface: where exceptions of the app end.
namespace appserver::detail {

// Runs `action` and gives back its result. Nothing leaves it: what is thrown is given to `tell`.
// Returns: APPSERVER_FAILED when something was thrown.
template <typename Action, typename Tell>
[[nodiscard]] std::int32_t fenced(const Action& action, const Tell& tell) noexcept {
  try {
    return action();
  } catch (const std::exception& error) {
    tell(error.what());
  } catch (...) {
    tell("unknown exception");
  }
  return APPSERVER_FAILED;
}

// Tells the server why the call that is running fails.
struct ErrorReport {
  Host host;
  void operator()(const char* why) const noexcept { host.report_error(why); }
};

}  // namespace appserver::detail
