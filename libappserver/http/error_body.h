#pragma once

#include <string>
#include <string_view>

#include "http/error_pages.h"
#include "http/request_head.h"

namespace appserver::http {

// What an error looks like to whom it is told.
struct ErrorBody {
  std::string_view content_type;  // Static text.
  std::string content;
};

// Tells an error in the form that the client prefers by its Accept field (RFC 9110 section 12.5.1):
// the user's page for this status, when there is one and the client takes its type; else plain
// text; else application/problem+json or application/json, both with the members of RFC 9457. Of
// forms that are wanted equally the first counts. A client that takes none of them gets the
// first as well, which is better than nothing (section 12.4.1). `accept` is a whole field value;
// empty: anything is fine.
//
// The text is the status, its phrase, and `reason`, a sentence for the client or empty. Requires:
// `reason` is our own text in UTF-8, not the peer's. Pure. [any]
[[nodiscard]] ErrorBody render_error(unsigned status, std::string_view reason,
                                     std::string_view accept, const ErrorPages& pages);

// The value of Accept of a request that was read; empty when there is none. Several lines are
// rare: the first one counts. [any]
[[nodiscard]] std::string_view accept_of(const RequestHead& head);

// The same of a request that was refused because of its head, out of the bytes that came: the
// value decides about nothing but the words of the refusal, so that a guess is good enough. [any]
[[nodiscard]] std::string_view guess_accept(std::string_view bytes);

}  // namespace appserver::http
