#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/option_table.h"

// Values of table rows as text: the one place where texts become members of Options and back,
// whichever source they come from. [any]
namespace appserver::config {

// Sets the row's member of `options` from texts as a user writes them. A list takes all of them and
// replaces what it held; every other kind takes the last one.
// Requires: `values` is not empty, unless the row is a list.
// Errors: what is wrong with which text and what to write instead, without naming the option (the
// caller says where the text came from); `options` is then unchanged.
[[nodiscard]] Result<Ok> assign(Options& options, const OptionRow& row,
                                std::span<const std::string> values);

// The row's value in `options` as one text for people; the entries of a list are separated by
// commas. What is not set is an empty text.
[[nodiscard]] std::string value_text(const OptionRow& row, const Options& options);

// The text as a TOML string, quotes included.
[[nodiscard]] std::string toml_string(std::string_view text);

// The row's value in `options` as a TOML value, quotes and brackets included, that the TOML source
// reads back as the same value.
[[nodiscard]] std::string toml_value(const OptionRow& row, const Options& options);

}  // namespace appserver::config
