#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "note.h"

namespace notes {

constexpr std::size_t kMaxTitleBytes = 200;
constexpr std::size_t kMaxTextBytes = 100'000;

// Reads a draft from a request's body: {"title": "...", "text": "..."}. Other members are ignored.
// Errors: throws appserver::HttpError: 400 when the body is not JSON; 422 when it is not such an
// object, the title is empty, or a field is too long. The message names the field.
[[nodiscard]] Draft parse_draft(std::string_view body);

// {"id":7,"title":"...","text":"..."}
[[nodiscard]] std::string to_json(const Note& note);

// {"notes":[...]}
[[nodiscard]] std::string to_json(const std::vector<Note>& page);

}  // namespace notes
