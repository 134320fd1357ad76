#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "config/options.h"

namespace appserver::config {

// Sets in `options` what a TOML document says. Every key is at the top level and is one of the
// option table's. [any] Pure.
// `file` is the document's name in error messages.
// Errors: "FILE:LINE: what is wrong"; the first one in the order of lines for keys and values.
// `options` may then be partly set.
[[nodiscard]] Result<Ok> apply_toml(std::string_view document, const std::string& file,
                                    Options& options);

}  // namespace appserver::config
