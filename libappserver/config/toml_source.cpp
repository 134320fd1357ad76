#include "config/toml_source.h"

#include <algorithm>
#include <map>
#include <vector>

#include <toml++/toml.h>

#include "config/deploy_check_source.h"
#include "config/mount_source.h"
#include "config/nearest_name.h"
#include "config/option_table.h"
#include "config/option_value.h"
#include "config/quote.h"
#include "config/toml_node.h"

namespace appserver::config {
namespace {

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
    return failure("unknown table " + in_quotes(key) +
                   "; all keys stand at the top level, or in [[deploy.check]] and [[mount]]");
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
  const auto take = [&errors](auto read, auto& into) {
    if (read) {
      into = std::move(*read);
    } else {
      errors.emplace(read.error().line, std::move(read.error().error));
    }
  };
  for (const auto& [key, node] : *table) {
    if (key.str() == "deploy" && node.is_table()) {
      take(read_deploy_checks(*node.as_table(), file), options.deploy_checks);
    } else if (key.str() == "mount" && node.is_array_of_tables()) {
      take(read_mounts(*node.as_array(), file), options.mounts);
    } else if (auto applied = apply_entry(key.str(), node, options); !applied) {
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
