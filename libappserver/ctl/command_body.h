#pragma once

#include "config/ctl_request.h"
#include "ctl/call.h"

namespace appserver::ctl {

// The request to the server that the command becomes. A path is made absolute: the server has
// another working folder. [any]
[[nodiscard]] Call call_of(const config::CtlRequest& request);

}  // namespace appserver::ctl
