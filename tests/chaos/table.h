#pragma once

#include <string>
#include <string_view>

#include "chaos/tally.h"

// The table that people read: a row for each event, printed as soon as it is over.
namespace appserver::chaos {

[[nodiscard]] std::string table_head();
[[nodiscard]] std::string table_row(std::string_view name, const Counts& counts);

// The heading of a column.
[[nodiscard]] std::string_view column_name(Column column);

}  // namespace appserver::chaos
