#include "config/option_value.h"

#include <algorithm>
#include <utility>

#include "config/quote.h"
#include "config/units.h"

namespace appserver::config {
namespace {

Failure<Error> refuse(std::string_view text, const std::string& reason) {
  return failure(in_quotes(text) + " " + reason);
}

// No kind of option can carry a NUL through the system calls that it ends up in.
Result<Ok> check_text(std::string_view text, TextCheck check) {
  if (text.find('\0') != std::string_view::npos) {
    return refuse(text, "contains a NUL character");
  }
  const auto complaint = check == nullptr ? std::nullopt : check(text);
  if (complaint) {
    return refuse(text, *complaint);
  }
  return ok();
}

Failure<Error> out_of_range(std::string_view text, const std::string& least,
                            const std::string& most) {
  return refuse(text, "is out of range; use a value from " + least + " to " + most);
}

// set(): one overload a kind of field. Each leaves `options` alone when it fails.

Result<Ok> set(Options& options, const TextField& field, std::span<const std::string> values) {
  auto checked = check_text(values.back(), field.check);
  if (checked) {
    options.*field.member = values.back();
  }
  return checked;
}

Result<Ok> set(Options& options, const ListField& field, std::span<const std::string> values) {
  if (values.empty() && !field.may_be_empty) {
    return failure("the list is empty; give at least one entry");
  }
  for (const std::string& value : values) {
    if (auto checked = check_text(value, field.check); !checked) {
      return checked;
    }
  }
  (options.*field.member).assign(values.begin(), values.end());
  return ok();
}

Result<Ok> set(Options& options, const FlagField& field, std::span<const std::string> values) {
  const auto flag = parse_flag(values.back());
  if (!flag) {
    return refuse(values.back(), "is neither true nor false");
  }
  options.*field.member = *flag;
  return ok();
}

template <typename Number>
Result<Ok> set(Options& options, const NumberField<Number>& field,
               std::span<const std::string> values) {
  const auto number = parse_integer(values.back());
  if (!number) {
    return refuse(values.back(), "is not a whole number");
  }
  if (std::cmp_less(*number, field.least) || std::cmp_greater(*number, field.most)) {
    return out_of_range(values.back(), std::to_string(field.least), std::to_string(field.most));
  }
  options.*field.member = static_cast<Number>(*number);
  return ok();
}

Result<Ok> set(Options& options, const SizeField& field, std::span<const std::string> values) {
  const auto size = parse_size(values.back());
  if (!size) {
    return refuse(values.back(), "is not a size; write bytes, or a text such as 64K, 16M or 1G");
  }
  if (*size < field.least || *size > field.most) {
    return out_of_range(values.back(), format_size(field.least), format_size(field.most));
  }
  options.*field.member = *size;
  return ok();
}

Result<Ok> set(Options& options, const DurationField& field, std::span<const std::string> values) {
  const auto duration = parse_duration(values.back());
  if (!duration) {
    return refuse(values.back(),
                  "is not a time; write seconds, or a text such as 500ms, 30s or 2m");
  }
  if (*duration < field.least || *duration > field.most) {
    return out_of_range(values.back(), format_duration(field.least), format_duration(field.most));
  }
  options.*field.member = *duration;
  return ok();
}

Result<Ok> set(Options& options, const ModeField& field, std::span<const std::string> values) {
  const auto mode = parse_mode(values.back());
  if (!mode && !values.back().empty()) {
    return refuse(values.back(), "is not a file mode; write octal digits such as 022");
  }
  options.*field.member = mode;
  return ok();
}

Result<Ok> set(Options& options, const ChoiceField& field, std::span<const std::string> values) {
  const auto word = std::find(field.words.begin(), field.words.end(), values.back());
  if (word == field.words.end()) {
    std::string known;
    for (const std::string_view each : field.words) {
      known += (known.empty() ? "" : ", ") + std::string(each);
    }
    return refuse(values.back(), "is not one of " + known);
  }
  field.set(options, static_cast<std::size_t>(word - field.words.begin()));
  return ok();
}

// text_of(): one overload a kind of field.

std::string text_of(const Options& options, const TextField& field) {
  return options.*field.member;
}

std::string text_of(const Options& options, const ListField& field) {
  std::string text;
  for (const std::string& entry : options.*field.member) {
    text += (text.empty() ? "" : ",") + entry;
  }
  return text;
}

std::string text_of(const Options& options, const FlagField& field) {
  return options.*field.member ? "true" : "false";
}

template <typename Number>
std::string text_of(const Options& options, const NumberField<Number>& field) {
  return std::to_string(options.*field.member);
}

std::string text_of(const Options& options, const SizeField& field) {
  return format_size(options.*field.member);
}

std::string text_of(const Options& options, const DurationField& field) {
  return format_duration(options.*field.member);
}

std::string text_of(const Options& options, const ModeField& field) {
  const auto& mode = options.*field.member;
  return mode ? format_mode(*mode) : "";
}

std::string text_of(const Options& options, const ChoiceField& field) {
  return std::string(field.words[field.get(options)]);
}

// A basic string as TOML 1.0 defines it: quotes, backslashes and control characters are escaped.
std::string toml_list(const std::vector<std::string>& entries) {
  std::string list = "[";
  for (const std::string& entry : entries) {
    list.append(list.size() == 1 ? "" : ", ").append(toml_string(entry));
  }
  list.push_back(']');
  return list;
}

}  // namespace

Result<Ok> assign(Options& options, const OptionRow& row, std::span<const std::string> values) {
  return std::visit([&](const auto& field) { return set(options, field, values); }, row.field);
}

std::string toml_string(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string literal = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      literal += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7f) {
      literal += {'\\', 'u', '0', '0', kHex[byte / 16], kHex[byte % 16]};
    } else {
      literal += c;
    }
  }
  return literal + "\"";
}

std::string value_text(const OptionRow& row, const Options& options) {
  return std::visit([&](const auto& field) { return text_of(options, field); }, row.field);
}

std::string toml_value(const OptionRow& row, const Options& options) {
  if (const auto* list = std::get_if<ListField>(&row.field)) {
    return toml_list(options.*list->member);
  }
  const std::string text = value_text(row, options);
  const bool is_bare =
      std::holds_alternative<FlagField>(row.field) ||
      std::holds_alternative<NumberField<int>>(row.field) ||
      std::holds_alternative<NumberField<std::uint64_t>>(row.field) ||
      (std::holds_alternative<SizeField>(row.field) && parse_integer(text).has_value());
  return is_bare ? text : toml_string(text);
}

}  // namespace appserver::config
