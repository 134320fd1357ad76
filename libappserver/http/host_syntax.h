#pragma once

#include <string_view>

namespace appserver::http {

// Whether `text` is `uri-host [ ":" port ]` as a Host field or a target may carry it (RFC 9110
// sections 4.2 and 7.2, RFC 3986 section 3.2.2): a name or IPv4 address, or an IPv6 address in
// brackets; a port of at most 65535, whose digits may be missing. Stricter than RFC 3986 in three
// points: the host is never empty, a comma is refused because it would read as a list of hosts,
// and the unused IPvFuture form is refused.
// Pure. [any]
[[nodiscard]] bool is_authority(std::string_view text);

// The same with a port that must be there: the target of CONNECT (RFC 9112 section 3.2.3).
[[nodiscard]] bool is_authority_with_port(std::string_view text);

}  // namespace appserver::http
