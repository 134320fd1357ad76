#pragma once

#include <optional>
#include <string_view>

namespace appserver::http {

// A request-target taken apart (RFC 9112 section 3.2). All views point into the target, or to
// static text where the target names no path.
struct Target {
  enum class Form { Origin, Absolute, Authority, Asterisk };

  Form form;
  std::string_view authority;  // Absolute and authority-form; else empty.
  std::string_view path;       // As sent, not decoded; "/" or "*" when an absolute-form has none.
  std::string_view query;      // Without the `?`; empty also when there is none.
};

// Reads a request-target in the form that `method` allows: `*` only with OPTIONS, authority-form
// only and always with CONNECT, else a path or an absolute http or https URI without userinfo.
// Returns: nullopt (a 400) for any other form, a fragment, a control or a byte above 0x7e, and the
// characters that no URI may carry raw: space " < > \ ^ ` { | }. An escape that is not two hex
// digits is let through, as is a raw `[`: clients send both, and whoever decodes the path decides.
// Pure. [any]
[[nodiscard]] std::optional<Target> read_target(std::string_view method, std::string_view target);

}  // namespace appserver::http
