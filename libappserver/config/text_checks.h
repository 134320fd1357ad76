#pragma once

#include <optional>
#include <string>
#include <string_view>

// What texts of options may look like. Each says what is wrong with a text, as the end of a
// sentence that begins with it, or nothing; see TextCheck. [any] Pure.
namespace appserver::config {

// Not empty.
[[nodiscard]] std::optional<std::string> check_filled(std::string_view text);
// NAME=VALUE with a portable name, as POSIX.1 section 8.1 has it; other names cannot be used from
// a shell.
[[nodiscard]] std::optional<std::string> check_variable(std::string_view text);
// /PREFIX=DIRECTORY; the prefix itself is looked at by who serves it.
[[nodiscard]] std::optional<std::string> check_mount(std::string_view text);
// gzip or br.
[[nodiscard]] std::optional<std::string> check_coding(std::string_view text);
// STATUS=FILE, where the status is an error: 400 to 599.
[[nodiscard]] std::optional<std::string> check_error_page(std::string_view text);
// The name becomes part of file names and of process titles.
[[nodiscard]] std::optional<std::string> check_instance(std::string_view text);
// A path of a request, or nothing.
[[nodiscard]] std::optional<std::string> check_path(std::string_view text);

}  // namespace appserver::config
