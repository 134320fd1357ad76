#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "http/request_head.h"

namespace appserver::http {

// What tells one version of a representation from another (RFC 9110 section 8.8). Requires: there
// is a representation, i.e. without conditions the answer would be 200.
struct Validators {
  std::string_view etag = {};  // With its quotes, `W/` in front if weak; empty: it has none.
  std::optional<std::chrono::sys_seconds> last_modified = {};
};

enum class Precondition {
  Proceed,      // Do what the method asks.
  NotModified,  // 304; only for GET and HEAD.
  Failed        // 412.
};

// What the conditional fields of a request come to. The view lives as long as the head's bytes.
struct Conditions {
  Precondition precondition = Precondition::Proceed;
  // The value of the Range field if it is to be used: for select_ranges(). Empty when there is
  // none, when it is repeated, when the method is not GET (14.2) and when If-Range forbids it.
  std::string_view range = {};
};

// Evaluates If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since and If-Range in the
// order of RFC 9110 section 13.2.2. Pure. [any]
//
// What is malformed decides for the careful side: an entity-tag list with a fault matches nothing,
// so that If-Match fails and If-None-Match gets the whole; a date that is none, or a repeated date
// field, is ignored (13.1.3, 13.1.4); an If-Range that is neither tag nor date, or repeated, is
// false, so that the whole is sent.
// `now` is the wall clock: see parse_date(); and a Last-Modified of less than a second ago is not a
// strong validator for If-Range (13.1.5, 8.8.2.2), as the content may change again within it.
[[nodiscard]] Conditions read_conditions(const RequestHead& head, const Validators& validators,
                                         std::chrono::sys_seconds now);

// Whether `text` is one entity-tag: quotes around visible bytes, `W/` in front if weak (8.8.3).
[[nodiscard]] bool is_entity_tag(std::string_view text);

}  // namespace appserver::http
