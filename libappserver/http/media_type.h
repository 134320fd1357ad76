#pragma once

#include <string_view>

namespace appserver::http {

// The value for Content-Type by a file's name: that of the extension, in any case, behind the last
// dot. Text comes with `charset=utf-8`. A name without an extension that is known is
// `application/octet-stream`, which browsers save and do not run. Static text. Pure. [any]
[[nodiscard]] std::string_view media_type_of(std::string_view file_name);

}  // namespace appserver::http
