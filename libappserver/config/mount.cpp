#include "config/mount.h"

#include <algorithm>
#include <utility>

namespace appserver::config {
namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// What stands in a path without an escape (RFC 3986 section 3.3, pchar), but for `=`, which ends
// it here.
bool is_path_character(char c) {
  return is_alphanumeric(c) ||
         std::string_view("-._~!$&'()*+,;:@").find(c) != std::string_view::npos;
}

// Segments that are empty, `.` or `..` are resolved by clients before they send (RFC 3986 section
// 5.2.4), or mean another resource.
bool is_path(std::string_view path) {
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(1, end - 1);
    if (segment.empty() || segment == "." || segment == ".." ||
        !std::all_of(segment.begin(), segment.end(), is_path_character)) {
      return false;
    }
    path.remove_prefix(end);
  }
  return true;
}

bool is_name(std::string_view host) {
  if (host.starts_with("*.")) {
    host.remove_prefix(2);
  }
  return !host.empty() && host.front() != '.' && host.find("..") == std::string_view::npos &&
         std::all_of(host.begin(), host.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; });
}

bool is_bracketed_address(std::string_view host) {
  return host.size() > 4 && host.starts_with('[') && host.ends_with(']') &&
         std::all_of(host.begin() + 1, host.end() - 1, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') ||
                  c == ':' || c == '.';
         });
}

std::string normalised(std::string_view host) {
  if (host.ends_with('.')) {  // The root of DNS; the name is the same without it.
    host.remove_suffix(1);
  }
  std::string lower(host);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

std::string text_of(const Mount& mount) {
  return label_of(mount) + "=" + mount.app;
}

}  // namespace

std::string label_of(const Mount& mount) {
  return mount.host + (mount.path.empty() ? "/" : mount.path);
}

Result<Mount> parse_mount(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::size_t slash = text.find('/');
  if (equals == std::string_view::npos || slash == std::string_view::npos || slash > equals ||
      equals + 1 == text.size()) {
    return failure(std::string("is not of the form [HOST]/[PATH]=APP.so, such as /api=api.so"));
  }
  Mount mount{normalised(text.substr(0, slash)), std::string(text.substr(slash, equals - slash)),
              std::string(text.substr(equals + 1))};
  if (mount.path.ends_with('/')) {
    mount.path.pop_back();
  }
  if (slash > 0 && !is_name(mount.host) && !is_bracketed_address(mount.host)) {
    return failure(
        std::string("has a host that is no name; leave out scheme and port, and use * "
                    "for a first label only"));
  }
  if (!is_path(mount.path)) {
    return failure(
        std::string("has a path that no request has as it stands: leave out empty "
                    "segments, \".\", \"..\", escapes and anything that needs one"));
  }
  return mount;
}

std::optional<std::string> check_app_mount(std::string_view text) {
  auto mount = parse_mount(text);
  return mount ? std::nullopt : std::optional(std::move(mount.error().message));
}

std::vector<Mount> mounts_of(const Options& options) {
  std::vector<Mount> mounts;
  if (!options.app.empty() || options.mounts.empty()) {
    mounts.push_back({"", "", options.app});
  }
  for (const std::string& text : options.mounts) {
    if (auto mount = parse_mount(text)) {
      mounts.push_back(std::move(*mount));
    }
  }
  return mounts;
}

Result<Ok> check_mounts(const Options& options) {
  const std::vector<Mount> mounts = mounts_of(options);
  for (auto later = mounts.begin(); later != mounts.end(); ++later) {
    const auto earlier = std::find_if(mounts.begin(), later, [&later](const Mount& each) {
      return label_of(each) == label_of(*later);
    });
    if (earlier != later) {
      return failure("two apps are at " + label_of(*later) + ": " + earlier->app + " and " +
                     later->app + "; mount one of them elsewhere" +
                     (options.app.empty() ? "" : " (APP.so itself is at /)"));
    }
  }
  return ok();
}

void set_app(Options& options, const std::string& label, const std::string& app) {
  if (label == "/" && (!options.app.empty() || options.mounts.empty())) {
    options.app = app;
    return;
  }
  for (std::string& text : options.mounts) {
    auto mount = parse_mount(text);
    if (mount && label_of(*mount) == label) {
      mount->app = app;
      text = text_of(*mount);
    }
  }
}

}  // namespace appserver::config
