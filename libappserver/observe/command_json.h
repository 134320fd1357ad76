#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "ipc/control_messages.h"

// Commands of a control client, and what it is told of them, as JSON. docs/CONTROL.md promises the
// forms. [any] Pure.
namespace appserver::observe {

// Reads the body of `POST /PATH`, `path` without the slash. It comes from a socket: everything that
// is not as it should be is refused, unknown members too. An empty body is an empty object. Who
// asks, and the id, are the caller's to fill in.
// Errors: what is wrong, for the client.
[[nodiscard]] Result<ipc::CommandGiven> read_command(std::string_view path, std::string_view body);

// One line each, with an end of line.
[[nodiscard]] std::string progress_line(const ipc::CommandProgress& progress);
[[nodiscard]] std::string result_line(const ipc::CommandEnded& ended);
[[nodiscard]] std::string error_line(std::string_view why);

}  // namespace appserver::observe
