#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include <appserver/abi.h>
#include <appserver/detail/entry.hpp>

// Not part of the user's interface: the app of this shared object, once for each host.
namespace appserver::detail {

// A server loads an app once per process. A test may do so several times, each with a host of its
// own, and gets a fresh app each time. One of these lives in each shared object, in
// appserver_app_v1, which one thread calls.
class Entries {
 public:
  Entries() = default;
  Entries(const Entries&) = delete;
  Entries& operator=(const Entries&) = delete;
  ~Entries() = default;

  // The app as `host` is to see it, set up by `set_up(App&)` on its first call; null when that
  // failed, and the host was told why.
  [[nodiscard]] const appserver_app* describe(const appserver_host* host, void (*set_up)(App&)) {
    const auto known = std::find_if(entries_.begin(), entries_.end(),
                                    [host](const auto& entry) { return entry->is_for(host); });
    if (known != entries_.end()) {
      return (*known)->description();
    }
    auto entry = std::make_unique<Entry>(host, set_up);
    if (entry->description() == nullptr) {
      return nullptr;
    }
    entry->when_unloaded([this, made = entry.get()] { forget(made); });
    entries_.push_back(std::move(entry));
    return entries_.back()->description();
  }

 private:
  void forget(const Entry* gone) {
    std::erase_if(entries_, [gone](const auto& entry) { return entry.get() == gone; });
  }

  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace appserver::detail
