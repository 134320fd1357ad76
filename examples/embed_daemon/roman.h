#pragma once

#include <optional>
#include <string>

// What the daemon is about. Returns: `number` in Roman numerals; nothing beyond 1 to 3999.
[[nodiscard]] std::optional<std::string> to_roman(int number);
