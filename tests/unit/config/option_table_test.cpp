#include "config/option_table.h"

#include <set>

#include <doctest/doctest.h>

#include "config/command_line.h"
#include "unit/config/option_values.h"

using namespace appserver::config;

TEST_CASE("Option table: every row says what it is for") {
  for (const OptionRow& row : option_table()) {
    CAPTURE(row.name);
    CHECK(row.help.size() >= 10);
    CHECK(row.help.ends_with('.'));
    CHECK(row.metavar.empty() == std::holds_alternative<FlagField>(row.field));
    const bool has_default = !row.default_text.empty() || !value_text(row, Options{}).empty();
    CHECK(has_default);
  }
}

TEST_CASE("Option table: names and letters are unique, those of the general options included") {
  std::set<std::string> names;
  std::set<char> letters;
  const auto add = [&](std::string_view name, char flag) {
    CAPTURE(name);
    CHECK(names.insert(std::string(name)).second);
    const bool is_new_letter = flag == '\0' || letters.insert(flag).second;
    CHECK(is_new_letter);
  };
  for (const OptionRow& row : option_table()) {
    add(row.name, row.flag);
  }
  for (const GeneralOption& general : general_options()) {
    add(general.name, general.flag);
  }
}

TEST_CASE("Option table: the rows of a group stand together") {
  std::set<Group> seen;
  const OptionRow* previous = nullptr;
  for (const OptionRow& row : option_table()) {
    CAPTURE(row.name);
    if (previous == nullptr || previous->group != row.group) {
      CHECK(seen.insert(row.group).second);
    }
    CHECK_FALSE(group_title(row.group).empty());
    previous = &row;
  }
}

TEST_CASE("Option table: a default is a value that the option itself would take") {
  for (const OptionRow& row : option_table()) {
    CAPTURE(row.name);
    const std::string text = value_text(row, Options{});
    Options options;
    if (!text.empty()) {
      const std::vector<std::string> values{text};
      CHECK(assign(options, row, values).has_value());
      CHECK(toml_value(row, options) == toml_value(row, Options{}));
    }
  }
}

TEST_CASE("Option table: each row has a member of its own") {
  for (const OptionRow& row : option_table()) {
    CAPTURE(row.name);
    const std::string text = changing_value(row);
    REQUIRE_FALSE(text.empty());
    Options options;
    const std::vector<std::string> values{text};
    REQUIRE(assign(options, row, values).has_value());
    for (const OptionRow& other : option_table()) {
      CAPTURE(other.name);
      const bool changed = toml_value(other, options) != toml_value(other, Options{});
      CHECK(changed == (other.name == row.name));
    }
  }
}

TEST_CASE("Option table: the three spellings of a name") {
  const OptionRow& row = row_named("header-timeout");
  CHECK(toml_key(row) == "header_timeout");
  CHECK(environment_name(row) == "APPSERVERD_HEADER_TIMEOUT");
  CHECK(command_line_name(row) == "--header-timeout");
  CHECK(command_line_name(row_named("app")) == "APP.so");
}
