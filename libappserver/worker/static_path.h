#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/refusal.h"

// What the path of a request means for a folder of files. Pure. [any]
namespace appserver::worker {

// One `--static /PREFIX=DIRECTORY` as text.
struct MountPoint {
  std::string prefix;  // As `/assets`, without a slash at the end; that of `/` is empty.
  std::string directory;
};

// Errors: no slash in front, no `=`, an empty DIRECTORY, or a prefix that no path can have because
// read_static_path() would refuse it: empty, `.` or `..` segments, a backslash, a control byte.
[[nodiscard]] Result<MountPoint> parse_mount_point(std::string_view text);

// Returns: what follows `prefix` in `path`, which is as sent and not decoded: empty, or from a
// slash on; nullopt when the path lies elsewhere. `/assets` has `/assets/a` and `/%61ssets/a`,
// which are the same resource (RFC 3986 section 6.2.2), and not `/assetsa`. Allocates nothing.
[[nodiscard]] std::optional<std::string_view> path_below(std::string_view path,
                                                         std::string_view prefix);

struct StaticPath {
  std::string relative;       // Decoded, without slashes at its ends; empty: the mounted folder.
  bool names_folder = false;  // It ended with a slash.
};

// Decodes the rest of a path, once, into one that is safe to open below a folder.
// Errors: 400 for a `%` without two hex digits behind it and for NUL; 404 for what could mean
// another file to somebody on the way than to us: a slash or backslash that was escaped, `.` and
// `..` (clients resolve them before they send, RFC 3986 section 5.2.4), empty segments, which
// would give a file a second name; and for names that begin with a dot, except `.well-known` (RFC
// 8615): `.git` and `.env` are never meant to be served.
// Requires: `rest` is empty or begins with a slash.
[[nodiscard]] Result<StaticPath, http::Refusal> read_static_path(std::string_view rest);

}  // namespace appserver::worker
