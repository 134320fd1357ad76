#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ctl/style.h"

// What a server says of itself, for people. The JSON comes from a socket: whatever is missing or of
// another type is left out, and no byte of it reaches a terminal that is no text. [any] Pure.
// docs/CONTROL.md has its members.
namespace appserver::ctl {

// Each returns lines with their ends; nothing when the text is no JSON object.
[[nodiscard]] std::optional<std::string> status_page(std::string_view json, const Style& style);
[[nodiscard]] std::optional<std::string> workers_page(std::string_view json, const Style& style);
[[nodiscard]] std::optional<std::string> releases_page(std::string_view json, const Style& style);

// One record of GET /events.
[[nodiscard]] std::optional<std::string> event_line(std::string_view json, const Style& style);

// The "error" of an answer that refuses, or what else it says.
[[nodiscard]] std::string error_text(std::string_view body);

// The master's process id in a status; 0 when it has none.
[[nodiscard]] int master_pid(std::string_view json);

}  // namespace appserver::ctl
