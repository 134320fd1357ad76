#include "config/help.h"

#include <algorithm>
#include <string_view>

#include "base/version.h"
#include "config/command_line.h"
#include "config/deploy_check.h"
#include "config/option_table.h"
#include "config/option_value.h"

namespace appserver::config {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kTextColumn = 30;  // Where the explanations start.

// Appends `text` word by word to `page`, which stands at column `column`; new lines start at
// kTextColumn.
void append_wrapped(std::string& page, std::string_view text, std::size_t column) {
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (column > kTextColumn && column + 1 + word.size() > kColumns) {
      page += "\n" + std::string(kTextColumn, ' ');
      column = kTextColumn;
    } else if (column > kTextColumn) {
      page += ' ';
      ++column;
    }
    page += word;
    column += word.size();
  }
  page += '\n';
}

// One option: its names on the left, the explanation on the right, below each other if the names
// are too long.
void append_entry(std::string& page, const std::string& names, std::string_view text) {
  page += names;
  if (names.size() + 2 > kTextColumn) {
    page += "\n" + std::string(kTextColumn, ' ');
  } else {
    page += std::string(kTextColumn - names.size(), ' ');
  }
  append_wrapped(page, text, kTextColumn);
}

std::string names_of(std::string_view name, char flag, std::string_view metavar) {
  std::string names = flag == '\0' ? "      --" : std::string("  -") + flag + ", --";
  names += name;
  return metavar.empty() ? names : names + " " + std::string(metavar);
}

std::string default_of(const OptionRow& row, const Options& defaults) {
  const std::string value = value_text(row, defaults);
  if (row.default_text.empty()) {
    return value;
  }
  return std::string(row.default_text) + (value.empty() ? "" : "; here " + value);
}

void append_row(std::string& page, const OptionRow& row, const Options& defaults) {
  if (row.positional) {
    append_entry(page, "  " + std::string(row.metavar), row.help);
    return;
  }
  std::string text(row.help);
  if (!std::holds_alternative<FlagField>(row.field)) {
    text += " [" + default_of(row, defaults) + "]";
  }
  append_entry(page, names_of(row.name, row.flag, row.metavar), text);
}

constexpr std::string_view kIntroduction = R"(
Serves the app in APP.so with several worker processes, in the foreground.
`check` loads the app, says whether it can be served, and exits.
`new` writes a small project that builds, tests and serves as it is.

Defaults are in brackets. TIME is in seconds or like 500ms, 30s, 2m; SIZE is in
bytes or like 64K, 16M. Every option is also a key of the TOML file (keep_alive)
and an environment variable (APPSERVERD_KEEP_ALIVE). The command line wins over
the environment, and that over the file.
)";

constexpr std::string_view kExamples = R"(
Examples:
  appserverd app.so
  appserverd --workers 8 app.so
  appserverd --bind :8080 --bind unix:/run/app.sock app.so
  appserverd --config appserverd.toml --check-config
  appserverd check app.so
  appserverd new orders && cd orders && cmake -B build && cmake --build build
  appserverd --reload -w 1 build/orders.so
)";

}  // namespace

std::string help_text(const Options& defaults) {
  std::string page = "Usage: " + std::string(kUsage) +
                     "\n       appserverd check [OPTIONS] APP.so\n       " +
                     std::string(kNewUsage) + "\n";
  page += kIntroduction;
  const OptionRow* previous = nullptr;
  for (const OptionRow& row : option_table()) {
    if (previous == nullptr || row.group != previous->group) {
      page += "\n" + std::string(group_title(row.group)) + ":\n";
    }
    append_row(page, row, defaults);
    previous = &row;
  }
  page += "\nGeneral:\n";
  for (const GeneralOption& general : general_options()) {
    append_entry(page, names_of(general.name, general.flag, general.metavar), general.help);
  }
  return page += kExamples;
}

std::string version_text() {
  return std::string("appserverd ") + kVersion + "\n";
}

std::string config_text(const Options& options) {
  std::string text;
  const OptionRow* previous = nullptr;
  for (const OptionRow& row : option_table()) {
    if (previous == nullptr || row.group != previous->group) {
      text += (previous == nullptr ? "# " : "\n# ") + std::string(group_title(row.group)) + "\n";
    }
    text += toml_key(row) + " = " + toml_value(row, options) + "\n";
    previous = &row;
  }
  return text + toml_of(options.deploy_checks);
}

}  // namespace appserver::config
