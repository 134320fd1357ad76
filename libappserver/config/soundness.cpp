#include "config/soundness.h"

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "config/option_table.h"
#include "config/option_value.h"
#include "config/units.h"

namespace appserver::config {
namespace {

Result<Ok> check_texts(const OptionRow& row, const std::vector<std::string>& values) {
  Options scratch;
  return assign(scratch, row, values);
}

template <typename Value>
Result<Ok> check_range(Value value, Value least, Value most, std::string (*text)(Value)) {
  if (value < least || value > most) {
    return failure(text(value) + " is out of range; use a value from " + text(least) + " to " +
                   text(most));
  }
  return ok();
}

// One overload a kind of field. A text that is as by default may be one that nobody could write:
// it means that none is given.
struct Check {
  const Options& options;
  const OptionRow& row;

  Result<Ok> operator()(const TextField& field) const {
    const std::string& text = options.*field.member;
    return text == Options{}.*field.member ? Result<Ok>(ok()) : check_texts(row, {text});
  }
  Result<Ok> operator()(const ListField& field) const {
    const std::vector<std::string>& texts = options.*field.member;
    return texts == Options{}.*field.member ? Result<Ok>(ok()) : check_texts(row, texts);
  }
  Result<Ok> operator()(const FlagField& /*field*/) const { return ok(); }
  template <typename Number>
  Result<Ok> operator()(const NumberField<Number>& field) const {
    return check_range<Number>(options.*field.member, field.least, field.most,
                               [](Number number) { return std::to_string(number); });
  }
  Result<Ok> operator()(const SizeField& field) const {
    return check_range<std::uint64_t>(options.*field.member, field.least, field.most,
                                      [](std::uint64_t size) { return std::to_string(size); });
  }
  Result<Ok> operator()(const DurationField& field) const {
    return check_range<std::chrono::milliseconds>(
        options.*field.member, field.least, field.most,
        [](std::chrono::milliseconds time) { return format_duration(time); });
  }
  Result<Ok> operator()(const ModeField& field) const {
    constexpr unsigned kMost = 0777;
    const std::optional<unsigned>& mode = options.*field.member;
    return !mode || *mode <= kMost ? Result<Ok>(ok())
                                   : Result<Ok>(failure(std::string("is no file mode")));
  }
  Result<Ok> operator()(const ChoiceField& field) const {
    return field.get(options) < field.words.size()
               ? Result<Ok>(ok())
               : Result<Ok>(failure(std::string("is none of the words that there are")));
  }
};

}  // namespace

Result<Ok> check_soundness(const Options& options) {
  for (const OptionRow& row : option_table()) {
    if (auto sound = std::visit(Check{options, row}, row.field); !sound) {
      return failure("the option " + toml_key(row) + ": " + sound.error().message);
    }
  }
  return ok();
}

}  // namespace appserver::config
