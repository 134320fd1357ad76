#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "net/peer_address.h"

// The syntax of what proxies say about a hop: a member of X-Forwarded-For or of Forwarded
// (RFC 7239). All functions are pure and allocate nothing; views point into their argument. [any]
namespace appserver::http {

// One node of a chain of proxies (RFC 7239 section 6).
struct ForwardedNode {
  enum class Kind : std::uint8_t {
    Address,
    Hidden,  // `unknown`, an obfuscated name such as `_gateway`, or nothing.
    Malformed,
  };

  Kind kind = Kind::Malformed;
  net::PeerAddress address = {};  // Port 0 when there is none, or an obfuscated one.
};

// Understands 192.0.2.1, 192.0.2.1:4711, [2001:db8::1], [2001:db8::1]:4711, the hidden ones, and as
// X-Forwarded-For has them 2001:db8::1 and nginx's `unix:`. The zone of an IPv6 address is dropped:
// it means something to its own host only.
[[nodiscard]] ForwardedNode read_node(std::string_view text) noexcept;

// One element of Forwarded (RFC 7239 section 4), quotes removed. A parameter that is not there, or
// that nobody here needs (`by`, extensions), is an empty text.
struct ForwardedElement {
  std::string_view client;  // `for`
  std::string_view proto;
  std::string_view host;
};

// Returns: nullopt when it is not `name=value` pairs separated by semicolons, when a pair that is
// needed comes twice, or when its value has a backslash, which no address, scheme or host needs.
// White space around semicolons is let through.
[[nodiscard]] std::optional<ForwardedElement> read_element(std::string_view text) noexcept;

// The place of the last comma that is not inside a quoted string, seen from the end; npos if none.
[[nodiscard]] std::size_t last_unquoted_comma(std::string_view list) noexcept;

// One to five digits that are at most 65535.
[[nodiscard]] std::optional<std::uint16_t> read_port(std::string_view digits) noexcept;

}  // namespace appserver::http
