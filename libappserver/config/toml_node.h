#pragma once

#include <string>
#include <string_view>

#include <toml++/toml.h>

#include "base/result.h"

// What the readers of TOML share. Only files of this room that read TOML include it. [any]
namespace appserver::config {

// An error, and the line of the file that it is about.
struct ErrorAtLine {
  toml::source_index line = 0;
  Error error;
};

// "app.toml:7: "
[[nodiscard]] std::string place(const std::string& file, const toml::source_region& region);

// "a table", "a text": what people call it.
[[nodiscard]] std::string_view type_name(const toml::node& node);

// The text that a user would have written on the command line for the same value.
// Requires: the node is no table and no list.
[[nodiscard]] std::string scalar_text(const toml::node& node);

}  // namespace appserver::config
