#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/content_type.hpp>
#include <appserver/http_error.hpp>
#include <appserver/request.hpp>
#include <appserver/url.hpp>

// HTML forms as browsers send them by default: application/x-www-form-urlencoded. For forms with
// files see multipart.hpp.
//
//   app.post("/login", [](const appserver::Request& request) {
//     const appserver::Form form = appserver::parse_form(request);
//     const std::string user = form.value("user").value_or("");
//     ...
//   });
namespace appserver {

// A field of a form, decoded.
struct FormField {
  std::string name;
  std::string value;
};

// The fields of a form, decoded, in the order in which they were sent. Owns its text. [any]
class Form {
 public:
  Form() = default;
  explicit Form(std::vector<FormField> fields) noexcept : fields_(std::move(fields)) {}

  // The value of the first field of that name, or nullopt. The view lives as long as the form.
  [[nodiscard]] std::optional<std::string_view> value(std::string_view name) const noexcept {
    for (const FormField& field : fields_) {
      if (field.name == name) {
        return field.value;
      }
    }
    return std::nullopt;
  }

  // All values of that name, in order: of check boxes and the like.
  [[nodiscard]] std::vector<std::string_view> values(std::string_view name) const {
    std::vector<std::string_view> found;
    for (const FormField& field : fields_) {
      if (field.name == name) {
        found.push_back(field.value);
      }
    }
    return found;
  }

  // The first value of that name.
  // Errors: throws HttpError(422) that names the field when there is none.
  [[nodiscard]] std::string_view require(std::string_view name) const {
    const auto found = value(name);
    if (!found) {
      throw HttpError(422, "the field \"" + std::string(name) + "\" is missing");
    }
    return *found;
  }

  [[nodiscard]] const std::vector<FormField>& fields() const noexcept { return fields_; }

 private:
  std::vector<FormField> fields_;
};

// More fields than any form of people has; each costs memory beside its bytes.
constexpr std::size_t kMostFormFields = 1000;

// Reads an encoded form (URL standard, "application/x-www-form-urlencoded parsing"): '+' is a
// space, a malformed escape stays as it is written.
// Errors: throws HttpError(413) for more than `most_fields` fields. [any]
[[nodiscard]] inline Form parse_form(std::string_view encoded,
                                     std::size_t most_fields = kMostFormFields) {
  std::vector<FormField> fields;
  url::visit_fields(encoded, '&', [&](std::string_view name, std::string_view value) {
    if (fields.size() == most_fields) {
      throw HttpError(413, "the form has more than " + std::to_string(most_fields) + " fields");
    }
    fields.push_back({url::query_decode(name), url::query_decode(value)});
    return false;
  });
  return Form(std::move(fields));
}

// Reads the form in the body of a request.
// Errors: throws HttpError: 415 when the body is called something else, 413 as above. [handler]
[[nodiscard]] inline Form parse_form(const Request& request,
                                     std::size_t most_fields = kMostFormFields) {
  if (!has_media_type(request, "application/x-www-form-urlencoded")) {
    throw HttpError(415, "send the form as application/x-www-form-urlencoded");
  }
  return parse_form(request.body(), most_fields);
}

}  // namespace appserver
