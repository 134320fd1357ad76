#include "admin/access.h"

#include <charconv>

#include <appserver/url.hpp>

#include "net/peer_address.h"

namespace appserver::admin {
namespace {

constexpr std::string_view kPrefix = "unix:uid=";
constexpr std::string_view kBetween = ",pid=";

// Without the port, and without the brackets of IPv6.
std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    return end == std::string_view::npos ? std::string_view() : host.substr(1, end - 1);
  }
  return host.substr(0, host.rfind(':'));
}

}  // namespace

std::optional<Credentials> credentials_of(std::string_view peer) {
  if (!peer.starts_with(kPrefix)) {
    return std::nullopt;
  }
  peer.remove_prefix(kPrefix.size());
  Credentials credentials;
  const char* const end = peer.data() + peer.size();
  const auto uid = std::from_chars(peer.data(), end, credentials.uid);
  const std::string_view rest(uid.ptr, static_cast<std::size_t>(end - uid.ptr));
  if (uid.ec != std::errc{} || !rest.starts_with(kBetween)) {
    return std::nullopt;
  }
  const auto pid = std::from_chars(uid.ptr + kBetween.size(), end, credentials.pid);
  return pid.ec == std::errc{} && pid.ptr == end ? std::optional(credentials) : std::nullopt;
}

bool is_own_host(std::string_view host, std::string_view own) {
  const std::string_view name = without_port(host);
  return !name.empty() && (url::same_name(name, "localhost") || url::same_name(name, own) ||
                           net::PeerAddress::parse(name).has_value());
}

}  // namespace appserver::admin
