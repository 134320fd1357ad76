#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/options.h"

// The one list of everything a user can set. The command line, --help, the environment, the TOML
// file, --print-config and docs/CONFIGURATION.md are all made from it: a new option is a new member
// of Options and one new row in the file of its group (client_rows.cpp and so on).
namespace appserver::config {

// The headings under which --help and the reference show the options.
enum class Group {
  Sockets,
  Processes,
  Lifecycle,
  Deploys,
  Control,
  Clients,
  Limits,
  Surroundings,
  Logs
};

// Says what is wrong with one text value, as the end of a sentence that starts with the quoted
// value ("is not NAME=value"), or nothing if the value is fine.
using TextCheck = std::optional<std::string> (*)(std::string_view text);

// The kinds of option. Each knows the member of Options that it sets and what that member may hold,
// bounds included.
struct TextField {
  std::string Options::*member;
  TextCheck check = nullptr;
};
struct ListField {
  std::vector<std::string> Options::*member;
  bool may_be_empty = true;
  TextCheck check = nullptr;  // For each entry.
};
struct FlagField {
  bool Options::*member;
};
template <typename Number>
struct NumberField {
  Number Options::*member;
  Number least;
  Number most;
};
struct SizeField {  // In bytes.
  std::uint64_t Options::*member;
  std::uint64_t least;
  std::uint64_t most;
};
struct DurationField {
  std::chrono::milliseconds Options::*member;
  std::chrono::milliseconds least;
  std::chrono::milliseconds most;
};
struct ModeField {  // An octal file mode; an empty text means "not set".
  std::optional<unsigned> Options::*member;
};
struct ChoiceField {  // One of `words`; get and set speak of a word by its index.
  std::span<const std::string_view> words;
  std::size_t (*get)(const Options& options);
  void (*set)(Options& options, std::size_t word);
};

using Field =
    std::variant<TextField, ListField, FlagField, NumberField<int>, NumberField<std::uint64_t>,
                 SizeField, DurationField, ModeField, ChoiceField>;

struct OptionRow {
  std::string_view name;  // As on the command line, without the dashes in front.
  char flag = '\0';       // The one-letter form, or NUL.
  Group group;
  Field field;
  std::string_view metavar = {};  // What stands for the value in --help; empty for a flag.
  std::string_view help;
  // Said instead of the default when that is empty or computed.
  std::string_view default_text = {};
  bool positional = false;  // On the command line it is the bare argument, not an option.
};

// Every row, in the order of --help; the rows of a group stand together. [any]
// Lifetime: static, so views into it may be kept.
[[nodiscard]] std::span<const OptionRow> option_table();

// "header_timeout" for header-timeout. [any]
[[nodiscard]] std::string toml_key(const OptionRow& row);

// "APPSERVERD_HEADER_TIMEOUT" for header-timeout. [any]
[[nodiscard]] std::string environment_name(const OptionRow& row);

// What a user types on the command line: "--header-timeout", or the metavar of the positional
// argument. [any]
[[nodiscard]] std::string command_line_name(const OptionRow& row);

// "Sockets" and so on. [any]
[[nodiscard]] std::string_view group_title(Group group);

}  // namespace appserver::config
