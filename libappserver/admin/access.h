#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace appserver::admin {

// Who is at the other end of a unix socket, by the kernel (SO_PEERCRED, unix(7)).
struct Credentials {
  std::uint32_t uid = 0;
  std::int32_t pid = 0;
};

// Out of Request::peer(): "unix:uid=0,pid=12". Nothing for all others. [any] Pure.
[[nodiscard]] std::optional<Credentials> credentials_of(std::string_view peer);

// Whether a page that was fetched from somewhere else cannot have sent this Host: it is a number,
// or localhost, or `own`, all of them with or without a port. A name that an attacker has resolve
// to this machine is none of these (DNS rebinding). [any] Pure.
[[nodiscard]] bool is_own_host(std::string_view host, std::string_view own);

}  // namespace appserver::admin
