#include <cmath>

#include <boost/json.hpp>

#include "observe/escape.h"
#include "observe/record.h"

namespace appserver::observe {
namespace {

namespace json = boost::json;

// Boost.JSON escapes control bytes, quotes and backslashes, but copies bytes that are not UTF-8 and
// DEL as they are; those become the text \xNN here.
std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t length = first < 0x20 ? 1 : printable_length(text);
    if (length == 0) {
      append_hex_escape(out, first);
      text.remove_prefix(1);
      continue;
    }
    out += text.substr(0, length);
    text.remove_prefix(length);
  }
  return out;
}

json::value to_json(std::string_view text) {
  return json::value(printable(text));
}
json::value to_json(std::int64_t number) {
  return number;
}
json::value to_json(bool truth) {
  return truth;
}
json::value to_json(double number) {
  // RFC 8259, section 6: JSON has no infinity and no NaN.
  if (!std::isfinite(number)) {
    return std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf";
  }
  return number;
}

void add(json::object& record, std::string_view key, json::value value) {
  record.emplace("appserver." + printable(key), std::move(value));
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

}  // namespace appserver::observe
