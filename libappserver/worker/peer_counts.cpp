#include "worker/peer_counts.h"

#include <functional>
#include <string_view>

namespace appserver::worker {

std::size_t PeerCounts::HostHash::operator()(const net::PeerAddress& peer) const noexcept {
  const auto& bytes = peer.bytes();
  return std::hash<std::string_view>()({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

bool PeerCounts::try_add(const net::PeerAddress& peer) {
  if (!is_counted(peer)) {
    return true;
  }
  std::size_t& count = counts_[peer];
  if (count >= most_) {
    return false;
  }
  ++count;
  return true;
}

void PeerCounts::add(const net::PeerAddress& peer) {
  if (is_counted(peer)) {
    ++counts_[peer];
  }
}

void PeerCounts::remove(const net::PeerAddress& peer) noexcept {
  if (!is_counted(peer)) {
    return;
  }
  const auto found = counts_.find(peer);
  if (found != counts_.end() && --found->second == 0) {
    counts_.erase(found);  // An attacker with many addresses must not fill the memory with zeros.
  }
}

}  // namespace appserver::worker
