#include "net/peer_address.h"

#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <netinet/in.h>

namespace appserver::net {

PeerAddress::PeerAddress(const sockaddr_storage& address) noexcept {
  if (address.ss_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    std::memcpy(address_.data(), &v4.sin_addr, sizeof v4.sin_addr);
    port_ = ntohs(v4.sin_port);
    family_ = Family::V4;
  } else if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof v6);
    port_ = ntohs(v6.sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      std::memcpy(address_.data(), &v6.sin6_addr.s6_addr[12], 4);
      family_ = Family::V4;
    } else {
      std::memcpy(address_.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
      family_ = Family::V6;
    }
  }
}

void PeerAddress::append_host(std::string& out) const {
  if (family_ == Family::Unix) {
    out.append("unix:");
    return;
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family_ == Family::V4 ? AF_INET : AF_INET6, address_.data(), text.data(),
              static_cast<socklen_t>(text.size()));
  out.append(text.data());
}

void PeerAddress::append_host_and_port(std::string& out) const {
  if (family_ == Family::Unix) {
    out.append("unix:");
    return;
  }
  if (family_ == Family::V6) {
    out.push_back('[');
  }
  append_host(out);
  if (family_ == Family::V6) {
    out.push_back(']');
  }
  std::array<char, 8> port{};
  const auto [end, error] = std::to_chars(port.data(), port.data() + port.size(), port_);
  out.push_back(':');
  out.append(port.data(), end);
}

}  // namespace appserver::net
