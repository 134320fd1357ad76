#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/peer_address.h"

namespace appserver::net {

// A block of IP addresses, such as 10.0.0.0/8 or 2001:db8::/32 (RFC 4632, RFC 4291 section 2.3).
class Cidr {
 public:
  // Understands an address, which is a block of one, and ADDRESS/PREFIX. A block inside
  // ::ffff:0:0/96 is the IPv4 block that it maps.
  // Errors: why it is no block, as the end of a sentence; bits beyond the prefix are an error,
  // because either the address or the prefix is then not what its author meant. [any] Pure.
  [[nodiscard]] static Result<Cidr> parse(std::string_view text);

  [[nodiscard]] bool contains(const PeerAddress& peer) const noexcept;

 private:
  using Words = std::array<std::uint64_t, 2>;

  Cidr(const PeerAddress& base, unsigned prefix) noexcept;
  [[nodiscard]] static Words words_of(const PeerAddress& address) noexcept;

  PeerAddress::Family family_;
  Words base_;  // As the bytes lie in memory, masked.
  Words mask_;
};

// Whose word about a client is taken: --forwarded-allow-ips and --proxy-allow-from.
class TrustList {
 public:
  // Trusts nobody.
  TrustList() = default;

  // Understands a list separated by commas of addresses, CIDR blocks, `unix` for clients of a unix
  // socket, and `*` for all. An empty text trusts nobody. Who trusts 127.0.0.1 or ::1 trusts the
  // clients of unix sockets too: both are programs of this machine, and a socket's file mode lets
  // in fewer of them than a port does.
  // `option` is named in errors, as in "--forwarded-allow-ips".
  // Errors: which entry is wrong, why, and what was expected. [any] Pure.
  [[nodiscard]] static Result<TrustList> parse(std::string_view text, std::string_view option);

  // Costs a few comparisons for each entry and no memory. [any]
  [[nodiscard]] bool trusts(const PeerAddress& peer) const noexcept;

 private:
  std::vector<Cidr> blocks_;
  bool all_ = false;
  bool unix_ = false;
};

}  // namespace appserver::net
