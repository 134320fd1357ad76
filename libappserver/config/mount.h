#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/options.h"

// Several apps in one server: which requests each of them has. [any] Pure.
namespace appserver::config {

// An app and its place. A plain value.
struct Mount {
  std::string host;  // In lower case, without port; "*.example.com"; empty: any.
  std::string path;  // As "/api", without a slash at the end; that of "/" is empty.
  std::string app;   // The file.

  friend bool operator==(const Mount&, const Mount&) = default;
};

// What people call its place: "/", "/api", "api.example.com/", "example.com/api". No two mounts of
// a server have the same.
[[nodiscard]] std::string label_of(const Mount& mount);

// Reads "[HOST]/[PATH]=APP.so".
// Errors: another form, a host with a port, a path that no request has as it stands; the end of a
// sentence that begins with the text.
[[nodiscard]] Result<Mount> parse_mount(std::string_view text);
// The same as a TextCheck.
[[nodiscard]] std::optional<std::string> check_app_mount(std::string_view text);

// All apps of a server in the order in which they are loaded: APP, which is at "/", then those of
// --mount. One without a file when neither is given: the program's own app.
// Requires: check_mounts() found nothing, or the options passed it when they were read.
[[nodiscard]] std::vector<Mount> mounts_of(const Options& options);

// Errors: two apps at the same place.
[[nodiscard]] Result<Ok> check_mounts(const Options& options);

// Gives the mount with that label another file. Requires: it is there.
void set_app(Options& options, const std::string& label, const std::string& app);

}  // namespace appserver::config
