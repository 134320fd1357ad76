#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "config/quote.h"

// Looking into JSON that may hold anything. [any] Pure.
namespace appserver::ctl {

// The object that the text is; nothing when it is none.
[[nodiscard]] inline std::optional<boost::json::object> read_object(std::string_view text) {
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(text, error);
  return !error && value.is_object() ? std::optional(std::move(value.as_object())) : std::nullopt;
}

// A text, fit for a terminal; a number or a truth as its text; empty for all else.
[[nodiscard]] inline std::string text_of(const boost::json::object& object, std::string_view key) {
  const boost::json::value* const value = object.if_contains(key);
  if (value == nullptr || value->is_null() || value->is_object() || value->is_array()) {
    return {};
  }
  return value->is_string() ? config::printable(std::string_view(value->as_string()))
                            : boost::json::serialize(*value);
}

[[nodiscard]] inline double number_of(const boost::json::object& object, std::string_view key) {
  const boost::json::value* const value = object.if_contains(key);
  if (value == nullptr || !value->is_number()) {
    return 0;
  }
  boost::json::error_code error;
  const double number = value->to_number<double>(error);
  return error ? 0 : number;
}

[[nodiscard]] inline bool is_true(const boost::json::object& object, std::string_view key) {
  const boost::json::value* const value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->as_bool();
}

[[nodiscard]] inline const boost::json::object* object_of(const boost::json::object& object,
                                                          std::string_view key) {
  const boost::json::value* const value = object.if_contains(key);
  return value != nullptr && value->is_object() ? &value->as_object() : nullptr;
}

// Calls `visit` with each object of the list.
template <typename Visit>
void for_each_of(const boost::json::object& object, std::string_view key, const Visit& visit) {
  const boost::json::value* const value = object.if_contains(key);
  if (value == nullptr || !value->is_array()) {
    return;
  }
  for (const boost::json::value& one : value->as_array()) {
    if (one.is_object()) {
      visit(one.as_object());
    }
  }
}

}  // namespace appserver::ctl
