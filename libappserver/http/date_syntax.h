#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace appserver::http {

// Reads an HTTP-date in each of its three formats (RFC 9110 section 5.6.7): IMF-fixdate, that of
// RFC 850, and that of C's asctime(). Names are case-sensitive, every digit and space must be where
// the grammar has it, and the day and time must exist; whether the name of the weekday fits the
// day is not looked at. A leap second (:60) is the second after it.
// `now` decides the century of a two-digit year: a date more than 50 years ahead of it is taken as
// the latest one in the past with these digits.
// Returns: nullopt for anything else. Reads no clock and no locale. Pure. [any]
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_date(std::string_view text,
                                                                 std::chrono::sys_seconds now);

}  // namespace appserver::http
