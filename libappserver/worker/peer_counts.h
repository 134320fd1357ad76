#pragma once

#include <cstddef>
#include <unordered_map>

#include "net/peer_address.h"

namespace appserver::worker {

// How many connections each address has: --peer-connections. Without a limit it counts nothing and
// costs a comparison. Clients of a unix socket have no address and no limit. [worker]
class PeerCounts {
 public:
  // `most`: connections from one address; 0 sets no limit.
  explicit PeerCounts(std::size_t most) noexcept : most_(most) {}

  // Counts a new connection. Returns: false when the address has its share already; nothing is
  // counted then.
  [[nodiscard]] bool try_add(const net::PeerAddress& peer);
  // Counts a connection that another worker had let in, beyond the limit if need be.
  void add(const net::PeerAddress& peer);
  // Requires: try_add() or add() counted it.
  void remove(const net::PeerAddress& peer) noexcept;

 private:
  struct HostHash {
    std::size_t operator()(const net::PeerAddress& peer) const noexcept;
  };
  struct SameHost {
    bool operator()(const net::PeerAddress& a, const net::PeerAddress& b) const noexcept {
      return a.is_same_host(b);
    }
  };

  [[nodiscard]] bool is_counted(const net::PeerAddress& peer) const noexcept {
    return most_ != 0 && peer.family() != net::PeerAddress::Family::Unix;
  }

  const std::size_t most_;
  std::unordered_map<net::PeerAddress, std::size_t, HostHash, SameHost> counts_;
};

}  // namespace appserver::worker
