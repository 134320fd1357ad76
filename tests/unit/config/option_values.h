#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "config/option_table.h"
#include "config/option_value.h"

// Sample values for every row of the option table, so that a new row is tested without a new test.
namespace appserver::config {

// Texts that the row's option may be given, none of which is its default.
inline std::vector<std::string> candidate_values(const OptionRow& row) {
  std::vector<std::string> texts{"changed", "/changed", "NAME=changed", "/changed=x",
                                 "404=x",   "gzip",     "true",         "017"};
  if (const auto* number = std::get_if<NumberField<int>>(&row.field)) {
    texts = {std::to_string(number->least), std::to_string(number->most)};
  } else if (const auto* count = std::get_if<NumberField<std::uint64_t>>(&row.field)) {
    texts = {std::to_string(count->least), std::to_string(count->most)};
  } else if (const auto* size = std::get_if<SizeField>(&row.field)) {
    texts = {std::to_string(size->least), std::to_string(size->most)};
  } else if (const auto* duration = std::get_if<DurationField>(&row.field)) {
    texts = {std::to_string(duration->least.count()) + "ms",
             std::to_string(duration->most.count()) + "ms"};
  } else if (const auto* choice = std::get_if<ChoiceField>(&row.field)) {
    texts.assign(choice->words.begin(), choice->words.end());
  }
  return texts;
}

// One text that the row takes and that changes its value, or an empty text if there is none.
inline std::string changing_value(const OptionRow& row) {
  for (const std::string& text : candidate_values(row)) {
    Options options;
    const std::vector<std::string> values{text};
    if (assign(options, row, values) && toml_value(row, options) != toml_value(row, Options{})) {
      return text;
    }
  }
  return "";
}

inline const OptionRow& row_named(std::string_view name) {
  for (const OptionRow& row : option_table()) {
    if (row.name == name) {
      return row;
    }
  }
  throw std::out_of_range("no option row of that name");
}

}  // namespace appserver::config
