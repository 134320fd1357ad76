#include <cmath>

#include <boost/json.hpp>

#include "config/log_levels.h"
#include "observe/json_text.h"
#include "observe/record.h"

namespace appserver::observe {
namespace {

namespace json = boost::json;

json::value to_json(std::string_view text) {
  return json::value(printable(text));
}
json::value to_json(std::int64_t number) {
  return number;
}
json::value to_json(bool truth) {
  return truth;
}
json::value to_json(const Lines& lines) {
  std::string joined;
  for (const std::string& line : lines.texts) {
    joined += joined.empty() ? "" : "\n";
    joined += printable(line);
  }
  return json::value(std::move(joined));
}
json::value to_json(double number) {
  // RFC 8259, section 6: JSON has no infinity and no NaN.
  if (!std::isfinite(number)) {
    return std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf";
  }
  return number;
}

void add(json::object& record, std::string_view key, json::value value) {
  const bool is_of_ecs = key.find('.') != std::string_view::npos;
  record.emplace(is_of_ecs ? printable(key) : "appserver." + printable(key), std::move(value));
}

}  // namespace

std::string json_payload(const Identity& identity, std::string_view message,
                         std::span<const Field> fields) {
  json::object record;
  record.emplace("message", to_json(message));
  add(record, "role", to_json(std::string_view(identity.role)));
  if (identity.slot) {
    add(record, "slot", to_json(std::int64_t{*identity.slot}));
  }
  if (identity.generation) {
    add(record, "generation", to_json(std::int64_t{*identity.generation}));
  }
  for (const Field& field : fields) {
    add(record, field.key,
        std::visit([](const auto& value) { return to_json(value); }, field.value));
  }
  const std::string object = json::serialize(record);
  return object.substr(1, object.size() - 2);
}

std::string event_json(double at, config::LogLevel level, std::string_view message,
                       std::span<const Field> fields) {
  json::object event{{"at", at}, {"level", config::name_of(level)}, {"message", to_json(message)}};
  for (const Field& field : fields) {
    event.emplace(printable(field.key),
                  std::visit([](const auto& value) { return to_json(value); }, field.value));
  }
  return json::serialize(event);
}

}  // namespace appserver::observe
