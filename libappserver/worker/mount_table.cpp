#include "worker/mount_table.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "http/grammar.h"
#include "worker/static_path.h"

namespace appserver::worker {
namespace {

bool is_wildcard(std::string_view host) noexcept {
  return host.starts_with("*.");
}

// The host without its port and the dot that a full name may end with.
std::string_view host_of(std::string_view authority) noexcept {
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  const std::size_t colon = authority.find(':', bracket);
  std::string_view host = authority.substr(0, colon);
  if (host.ends_with('.')) {
    host.remove_suffix(1);
  }
  return host;
}

bool is_host(std::string_view host, std::string_view wanted) noexcept {
  if (is_wildcard(wanted)) {
    const std::string_view domain = wanted.substr(1);  // ".example.com"
    return host.size() > domain.size() &&
           http::equals_lower(host.substr(host.size() - domain.size()), domain);
  }
  return http::equals_lower(host, wanted);
}

// Smaller: goes first.
auto rank_of(const config::Mount& mount) noexcept {
  const int kind = mount.host.empty() ? 2 : is_wildcard(mount.host) ? 1 : 0;
  return std::tuple(kind, -static_cast<long>(mount.host.size()),
                    -static_cast<long>(mount.path.size()));
}

}  // namespace

MountTable::MountTable(std::vector<config::Mount> mounts) {
  for (config::Mount& mount : mounts) {
    entries_.push_back({entries_.size(), std::move(mount)});
  }
  std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& one, const Entry& other) {
    return rank_of(one.mount) < rank_of(other.mount);
  });
}

std::optional<MountTable::Match> MountTable::find(std::string_view authority,
                                                  std::string_view path) const noexcept {
  const std::string_view host = host_of(authority);
  for (const Entry& entry : entries_) {
    const config::Mount& mount = entry.mount;
    if (!mount.host.empty() && !is_host(host, mount.host)) {
      continue;
    }
    if (mount.path.empty()) {
      return Match{entry.number, path};
    }
    if (const auto rest = path_below(path, mount.path)) {
      return Match{entry.number, rest->empty() ? std::string_view("/") : *rest};
    }
  }
  return std::nullopt;
}

}  // namespace appserver::worker
