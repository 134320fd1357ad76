#include "ipc/barred_requests.h"

#include <algorithm>

#include "ipc/seeded_hash.h"

namespace appserver::ipc {

// The space between the two texts is in no method.
std::uint64_t BarredRequests::hash_of(std::string_view method,
                                      std::string_view path) const noexcept {
  return SeededHash(seed_).add(method).add(" ").add(path).value();
}

void BarredRequests::bar(std::string_view method, std::string_view path, TimePoint until) noexcept {
  const std::uint64_t hash = hash_of(method, path);
  Entry* place = std::min_element(
      entries_.begin(), entries_.end(),
      [](const auto& a, const auto& b) { return a.until.load() < b.until.load(); });
  for (Entry& entry : entries_) {
    if (entry.hash.load() == hash) {
      place = &entry;
    }
  }
  const std::int64_t end = until.time_since_epoch().count();
  // In this order, a reader in between sees no time that belongs to another hash and is not over.
  if (place->hash.load() != hash) {
    place->until.store(0);
    place->hash.store(hash);
  }
  place->until.store(end);
  last_end_.store(std::max(last_end_.load(), end));
}

std::optional<TimePoint> BarredRequests::barred_until(std::string_view method,
                                                      std::string_view path,
                                                      TimePoint now) const noexcept {
  const std::int64_t moment = now.time_since_epoch().count();
  if (moment >= last_end_.load(std::memory_order_relaxed)) {
    return std::nullopt;
  }
  const std::uint64_t hash = hash_of(method, path);
  for (const Entry& entry : entries_) {
    const std::int64_t until = entry.until.load();
    if (until > moment && entry.hash.load() == hash) {
      return TimePoint{Duration{until}};
    }
  }
  return std::nullopt;
}

}  // namespace appserver::ipc
