#include "config/deploy_check_source.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>

#include "config/body_pattern.h"
#include "config/nearest_name.h"
#include "config/quote.h"
#include "config/units.h"

namespace appserver::config {
namespace {

using std::chrono::milliseconds;

// More is no check but a load test.
constexpr std::int64_t kMostRepeats = 1000;
constexpr milliseconds kLongestDeadline = std::chrono::minutes(10);

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
  });
}

// What goes into a request line as it is.
bool is_target(std::string_view text) {
  return text.starts_with('/') &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

Result<Ok> wrong(const toml::node& node, const char* expected) {
  return failure("expected " + std::string(expected) + ", found " + std::string(type_name(node)));
}

// --- one function for each key ---

Result<Ok> take_path(const toml::node& node, DeployCheck& check) {
  if (!node.is_string()) {
    return wrong(node, "a text");
  }
  check.path = node.as_string()->get();
  if (!is_target(check.path)) {
    return failure(in_quotes(check.path) + " is no path such as \"/health?deep=1\"");
  }
  return ok();
}

Result<Ok> take_method(const toml::node& node, DeployCheck& check) {
  if (!node.is_string()) {
    return wrong(node, "a text");
  }
  check.method = node.as_string()->get();
  if (!is_token(check.method)) {
    return failure(in_quotes(check.method) + " is no method such as \"GET\"");
  }
  return ok();
}

Result<Ok> take_number(const toml::node& node, std::int64_t least, std::int64_t most, int& value) {
  if (!node.is_integer()) {
    return wrong(node, "a whole number");
  }
  const std::int64_t number = node.as_integer()->get();
  if (number < least || number > most) {
    return failure(std::to_string(number) + " is not between " + std::to_string(least) + " and " +
                   std::to_string(most));
  }
  value = static_cast<int>(number);
  return ok();
}

Result<Ok> take_status(const toml::node& node, DeployCheck& check) {
  return take_number(node, 200, 599, check.status);
}

Result<Ok> take_repeat(const toml::node& node, DeployCheck& check) {
  return take_number(node, 1, kMostRepeats, check.repeat);
}

Result<Ok> take_body(const toml::node& node, DeployCheck& check) {
  if (!node.is_string()) {
    return wrong(node, "a text");
  }
  check.body = node.as_string()->get();
  if (auto pattern = BodyPattern::compile(check.body); !pattern) {
    return failure(in_quotes(check.body) + " " + pattern.error().message);
  }
  return ok();
}

Result<Ok> take_deadline(const toml::node& node, DeployCheck& check) {
  if (!node.is_string() && !node.is_integer() && !node.is_floating_point()) {
    return wrong(node, "a number of seconds or a text such as \"500ms\"");
  }
  const auto time = parse_duration(scalar_text(node));
  if (!time || time->count() < 1 || *time > kLongestDeadline) {
    return failure(in_quotes(scalar_text(node)) + " is no time between 1ms and 10m");
  }
  check.deadline = *time;
  return ok();
}

struct Key {
  std::string_view name;
  Result<Ok> (*take)(const toml::node& node, DeployCheck& check);
};
constexpr std::array kKeys{Key{"path", take_path},     Key{"method", take_method},
                           Key{"status", take_status}, Key{"body", take_body},
                           Key{"repeat", take_repeat}, Key{"deadline", take_deadline}};

Result<Ok> unknown(std::string_view key, const std::vector<std::string>& known) {
  const auto nearest = nearest_name(key, known);
  return failure("unknown key " + in_quotes(key) +
                 (nearest ? "; did you mean '" + *nearest + "'?" : ""));
}

Result<Ok> take_entry(std::string_view key, const toml::node& node, DeployCheck& check) {
  const auto found =
      std::find_if(kKeys.begin(), kKeys.end(), [key](const Key& each) { return each.name == key; });
  if (found == kKeys.end()) {
    std::vector<std::string> known;
    for (const Key& each : kKeys) {
      known.emplace_back(each.name);
    }
    return unknown(key, known);
  }
  auto taken = found->take(node, check);
  if (!taken) {
    return failure(std::string(key) + ": " + taken.error().message);
  }
  return taken;
}

// Keeps the error that stands first in the file: the tables are sorted by key.
class FirstError {
 public:
  explicit FirstError(const std::string& file) : file_(file) {}

  void note(const toml::source_region& where, const std::string& what) {
    if (!first_ || where.begin.line < first_->line) {
      first_ = ErrorAtLine{where.begin.line, {place(file_, where) + "deploy.check: " + what}};
    }
  }
  [[nodiscard]] const std::optional<ErrorAtLine>& get() const { return first_; }

 private:
  const std::string& file_;
  std::optional<ErrorAtLine> first_;
};

DeployCheck read_check(const toml::table& table, FirstError& error) {
  DeployCheck check;
  for (const auto& [key, node] : table) {
    if (auto taken = take_entry(key.str(), node, check); !taken) {
      error.note(key.source(), taken.error().message);
    }
  }
  if (!table.contains("path")) {
    error.note(table.source(), "a check needs a path");
  }
  return check;
}

}  // namespace

Result<std::vector<DeployCheck>, ErrorAtLine> read_deploy_checks(const toml::table& deploy,
                                                                 const std::string& file) {
  std::vector<DeployCheck> checks;
  FirstError error(file);
  for (const auto& [key, node] : deploy) {
    if (key.str() != "check") {
      error.note(key.source(), unknown(key.str(), {"check"}).error().message);
    } else if (!node.is_array_of_tables()) {
      error.note(key.source(), "each check is a table: [[deploy.check]]");
    } else {
      for (const toml::node& check : *node.as_array()) {
        checks.push_back(read_check(*check.as_table(), error));
      }
    }
  }
  if (error.get()) {
    return failure(*error.get());
  }
  return checks;
}

}  // namespace appserver::config
