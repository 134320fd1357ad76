#include "http/field.h"

#include "http/grammar.h"

namespace appserver::http {

std::string_view value_of(std::span<const Field> fields, std::string_view lower_name) noexcept {
  for (const Field& field : fields) {
    if (equals_lower(field.name, lower_name)) {
      return field.value;
    }
  }
  return {};
}

}  // namespace appserver::http
