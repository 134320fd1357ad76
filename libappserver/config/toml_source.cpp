#include "config/toml_source.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <system_error>
#include <vector>

#include <toml++/toml.h>

#include "config/nearest_name.h"
#include "config/option_table.h"
#include "config/option_value.h"
#include "config/quote.h"

namespace appserver::config {
namespace {

std::string place(const std::string& file, const toml::source_region& region) {
  return file + ":" + std::to_string(region.begin.line) + ": ";
}

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a fraction";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

// The TOML types that a kind of field takes, for people and for the check. Those of a list are the
// types of its entries; a single one may stand for a list.
struct Expectation {
  std::string_view text;
  std::vector<toml::node_type> types;
};

Expectation expectation_of(const Field& field) {
  using toml::node_type;
  if (std::holds_alternative<ListField>(field)) {
    return {"a list of texts", {node_type::string}};
  }
  if (std::holds_alternative<FlagField>(field)) {
    return {"true or false", {node_type::boolean}};
  }
  if (std::holds_alternative<NumberField<int>>(field) ||
      std::holds_alternative<NumberField<std::uint64_t>>(field)) {
    return {"a whole number", {node_type::integer}};
  }
  if (std::holds_alternative<SizeField>(field)) {
    return {"a number of bytes or a text such as \"16M\"", {node_type::integer, node_type::string}};
  }
  if (std::holds_alternative<DurationField>(field)) {
    return {"a number of seconds or a text such as \"500ms\"",
            {node_type::integer, node_type::floating_point, node_type::string}};
  }
  if (std::holds_alternative<ModeField>(field)) {
    return {"a text of octal digits such as \"022\"", {node_type::string}};
  }
  return {"a text", {node_type::string}};
}

// The text that a user would have written on the command line for the same value.
std::string scalar_text(const toml::node& node) {
  if (const auto* text = node.as_string()) {
    return text->get();
  }
  if (const auto* flag = node.as_boolean()) {
    return flag->get() ? "true" : "false";
  }
  if (const auto* integer = node.as_integer()) {
    return std::to_string(integer->get());
  }
  // The longest double has 309 digits in front of its point; no fraction here needs more than 20.
  std::array<char, 400> digits{};
  const double number = node.as_floating_point()->get();
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed);
  return end.ec == std::errc{} ? std::string(digits.data(), end.ptr) : std::to_string(number);
}

Result<std::vector<std::string>> texts_of(const toml::node& node, const Field& field) {
  const Expectation expectation = expectation_of(field);
  const auto is_expected = [&expectation](const toml::node& each) {
    return std::find(expectation.types.begin(), expectation.types.end(), each.type()) !=
           expectation.types.end();
  };
  const auto wrong = [&expectation](std::string_view found) {
    return failure("expected " + std::string(expectation.text) + ", found " + std::string(found));
  };
  std::vector<std::string> texts;
  if (const auto* list = node.as_array();
      list != nullptr && std::holds_alternative<ListField>(field)) {
    for (const toml::node& entry : *list) {
      if (!is_expected(entry)) {
        return wrong(std::string(type_name(entry)) + " in it");
      }
      texts.push_back(scalar_text(entry));
    }
    return texts;
  }
  if (!is_expected(node)) {
    return wrong(type_name(node));
  }
  texts.push_back(scalar_text(node));
  return texts;
}

Failure<Error> unknown_key(std::string_view key, const toml::node& node) {
  if (node.is_table()) {
    return failure("unknown table " + in_quotes(key) + "; all keys stand at the top level");
  }
  std::vector<std::string> known;
  for (const OptionRow& row : option_table()) {
    known.push_back(toml_key(row));
  }
  const auto nearest = nearest_name(key, known);
  return failure("unknown key " + in_quotes(key) +
                 (nearest ? "; did you mean '" + *nearest + "'?" : "; see --help for the options"));
}

Result<Ok> apply_entry(std::string_view key, const toml::node& node, Options& options) {
  const auto rows = option_table();
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [key](const OptionRow& each) { return toml_key(each) == key; });
  if (row == rows.end()) {
    return unknown_key(key, node);
  }
  const auto texts = texts_of(node, row->field);
  auto assigned = texts ? assign(options, *row, *texts) : Result<Ok>(failure(Error(texts.error())));
  if (!assigned) {
    return failure(std::string(key) + ": " + assigned.error().message);
  }
  return assigned;
}

// The packaged library reports syntax errors by exceptions only; they end here.
Result<toml::table> parse(std::string_view document, const std::string& file) {
  try {
    return toml::parse(document, std::string_view(file));
  } catch (const toml::parse_error& error) {
    return failure(place(file, error.source()) + printable(error.description()));
  }
}

}  // namespace

Result<Ok> apply_toml(std::string_view document, const std::string& file, Options& options) {
  const auto table = parse(document, file);
  if (!table) {
    return failure(Error(table.error()));
  }
  // The table is sorted by key; people read their file from the top.
  std::multimap<toml::source_index, Error> errors;
  for (const auto& [key, node] : *table) {
    if (auto applied = apply_entry(key.str(), node, options); !applied) {
      errors.emplace(key.source().begin.line,
                     Error{place(file, key.source()) + applied.error().message});
    }
  }
  if (!errors.empty()) {
    return failure(Error(errors.begin()->second));
  }
  return ok();
}

}  // namespace appserver::config
