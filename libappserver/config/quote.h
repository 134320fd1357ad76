#pragma once

#include <string>
#include <string_view>

// Texts of users inside error messages, which are one line whatever the text contains. Pure. [any]
namespace appserver::config {

// `text` with control characters shown as \xNN, and cut with "..." after 200 characters.
[[nodiscard]] std::string printable(std::string_view text);

// The same in single quotes.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace appserver::config
