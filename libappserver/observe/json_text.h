#pragma once

#include <string>
#include <string_view>

namespace appserver::observe {

// `text` as it may be given to Boost.JSON, which escapes control bytes, quotes and backslashes, but
// copies bytes that are not UTF-8 and DEL as they are; those become the text \xNN here. [any]
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace appserver::observe
