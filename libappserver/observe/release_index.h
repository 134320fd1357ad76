#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// What is known of the releases that are kept, and its written form: JSON for people and programs.
// [any] Pure.
namespace appserver::observe {

struct KeptFile {
  std::string path;    // Where it was found.
  std::string sha256;  // Hexadecimal; also the name of its copy.
  std::uint64_t size = 0;

  friend bool operator==(const KeptFile&, const KeptFile&) = default;
};

struct KeptRelease {
  unsigned number = 0;
  std::string mount = "/";      // Where it was mounted.
  std::vector<KeptFile> files;  // The app, then its libraries in the order of loading.
  std::string build_id;
  std::string name;  // As the app says of itself; empty until it was loaded once.
  std::string version;
  std::string who;            // Who deployed it.
  std::int64_t taken_at = 0;  // Seconds since the epoch.
  std::string outcome;        // "live", "failed", "rolled back" and so on; empty: not known yet.
  std::string why;            // Of a bad outcome.

  friend bool operator==(const KeptRelease&, const KeptRelease&) = default;
};

// How the releases of one mount stand.
struct Standing {
  std::optional<unsigned> live;      // That is live, or was when the server ended.
  std::optional<unsigned> previous;  // That was live before it.

  friend bool operator==(const Standing&, const Standing&) = default;
};

struct ReleaseIndex {
  unsigned next = 1;                         // Numbers are never used again, by no mount.
  std::map<std::string, Standing> standing;  // By mount.
  std::vector<KeptRelease> releases;         // By number.

  [[nodiscard]] KeptRelease* find(unsigned number);
  [[nodiscard]] const KeptRelease* find(unsigned number) const;

  friend bool operator==(const ReleaseIndex&, const ReleaseIndex&) = default;
};

// Drops the oldest releases until no more than `keep` of each mount are left; the live, the
// previous and the newest one stay.
void prune(ReleaseIndex& index, std::size_t keep);

[[nodiscard]] std::string write_index(const ReleaseIndex& index);
// Errors: what is not as it was written; such an index is of no use.
[[nodiscard]] Result<ReleaseIndex> read_index(std::string_view text);

}  // namespace appserver::observe
