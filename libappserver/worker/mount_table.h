#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "config/mount.h"

namespace appserver::worker {

// Which app has a request. Immutable. Pure. [any]
//
// A mount with the request's host goes before one with a wildcard that covers it, the longer one
// first, and that before one without a host; among those the longest path goes first. What is
// compared is the path as path_below() reads it: segment by segment, with escapes that change
// nothing seen through, and an escaped slash as what it is, a part of a name. Nobody resolves `..`
// or `//` here: clients do, and an app that did would only find paths of its own.
class MountTable {
 public:
  explicit MountTable(std::vector<config::Mount> mounts);

  struct Match {
    std::size_t mount;      // Its number in the list.
    std::string_view rest;  // Of the path, not decoded: "/" or more; `*` for OPTIONS.
  };
  // `authority`: of the request, maybe with a port; may be empty. `path`: not decoded.
  // Allocates nothing.
  [[nodiscard]] std::optional<Match> find(std::string_view authority,
                                          std::string_view path) const noexcept;

 private:
  struct Entry {
    std::size_t number;
    config::Mount mount;
  };
  std::vector<Entry> entries_;  // Those that go first stand first.
};

}  // namespace appserver::worker
