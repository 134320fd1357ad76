#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace appserver::ctl {

// A request to a control socket.
struct Call {
  std::string method = "GET";
  std::string path;  // "/status"
  std::string body = {};
  std::string accept = {};
};

struct CallError {
  // Whether nothing was heard of a server: no socket, nobody behind it, not allowed, no HTTP.
  bool is_unreachable = false;
  std::string message;  // What happened, and what to do.
};

// Makes the call at the unix socket `path` and gives each piece of the body to `take`, as it
// arrives, until the answer is complete or `take` returns false. Waits as long as it takes.
// Returns: the status. Errors: what is in the way; the answer ended in the middle.
[[nodiscard]] Result<unsigned, CallError> call(
    const std::string& path, const Call& request,
    const std::function<bool(unsigned status, std::string_view piece)>& take);

}  // namespace appserver::ctl
