#include "config/soundness.h"

#include <chrono>
#include <string>
#include <variant>

#include <doctest/doctest.h>

#include "config/option_table.h"

using namespace appserver::config;

namespace {

std::string complaint_of(const Options& options) {
  const auto sound = check_soundness(options);
  return sound ? "" : sound.error().message;
}

// Puts a member beyond what its row allows. Returns: false for rows that allow anything.
struct Spoil {
  Options& options;

  bool operator()(const TextField& field) const {
    options.*field.member = std::string("a\0b", 3);
    return true;
  }
  bool operator()(const ListField& field) const {
    options.*field.member = {std::string("a\0b", 3)};
    return true;
  }
  bool operator()(const FlagField& /*field*/) const { return false; }
  template <typename Number>
  bool operator()(const NumberField<Number>& field) const {
    options.*field.member = static_cast<Number>(field.most + 1);
    return field.most < field.most + 1;
  }
  bool operator()(const SizeField& field) const {
    options.*field.member = field.most + 1;
    return true;
  }
  bool operator()(const DurationField& field) const {
    options.*field.member = field.most + std::chrono::milliseconds(1);
    return true;
  }
  bool operator()(const ModeField& field) const {
    options.*field.member = 01000;
    return true;
  }
  bool operator()(const ChoiceField& field) const {
    field.set(options, field.words.size());
    return true;
  }
};

}  // namespace

TEST_CASE("check_soundness: the defaults are sound") {
  CHECK(complaint_of(Options{}).empty());
}

TEST_CASE("check_soundness: each option that its row does not allow is named") {
  for (const OptionRow& row : option_table()) {
    Options options;
    if (std::visit(Spoil{options}, row.field)) {
      CAPTURE(row.name);
      CHECK(complaint_of(options).rfind("the option " + toml_key(row) + ": ", 0) == 0);
    }
  }
}

TEST_CASE("check_soundness: a number says what it may be") {
  Options options;
  options.workers = 0;
  CHECK(complaint_of(options).rfind("the option workers: 0 is out of range; use a value from 1 to ",
                                    0) == 0);
  options = {};
  options.keep_alive = std::chrono::milliseconds(-1);
  CHECK(complaint_of(options).find("keep_alive") != std::string::npos);
}
