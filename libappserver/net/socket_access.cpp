#include "net/socket_access.h"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "base/accounts.h"
#include "base/errno_text.h"
#include "base/unique_fd.h"

namespace appserver::net {
namespace {

Failure<Error> unknown(const char* what, const std::string& name, const char* database) {
  return failure(std::string(what) + " '" + name +
                 "' of --socket-owner does not exist; see `getent " + database + "`");
}

Result<Ok> set_user(const std::string& name, SocketAccess& access) {
  const auto user = find_user(name);
  if (!user) {
    return unknown("user", name, "passwd");
  }
  access.user = user->uid;
  access.group = user->gid;
  return ok();
}

Result<Ok> set_group(const std::string& name, SocketAccess& access) {
  const auto group = find_group(name);
  if (!group) {
    return unknown("group", name, "group");
  }
  access.group = *group;
  return ok();
}

Failure<Error> cannot_apply(const char* path, const char* what, const std::string& why) {
  return failure(std::string("cannot give unix:") + path + " its " + what + ": " + why);
}

// Looked at and changed through one descriptor: what is changed is what was looked at.
Result<UniqueFd> open_socket_file(const char* path, const char* what) {
  UniqueFd file(::open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) {
    return cannot_apply(path, what, errno_text(errno));
  }
  if (!S_ISSOCK(status.st_mode)) {
    return cannot_apply(path, what,
                        "somebody replaced the socket; use a folder that only root can write");
  }
  return file;
}

}  // namespace

Result<SocketAccess> parse_socket_owner(std::string_view text) {
  SocketAccess access;
  if (text.empty()) {
    return access;
  }
  const std::size_t colon = text.find(':');
  const std::string user(text.substr(0, colon));
  if (!user.empty()) {
    if (auto set = set_user(user, access); !set) {
      return failure(std::move(set.error()));
    }
  }
  if (colon != std::string_view::npos) {
    if (auto set = set_group(std::string(text.substr(colon + 1)), access); !set) {
      return failure(std::move(set.error()));
    }
  }
  return access;
}

Result<Ok> apply_owner(const char* path, const SocketAccess& access) {
  if (!access.user && !access.group) {
    return ok();
  }
  const auto file = open_socket_file(path, "owner");
  if (!file) {
    return failure(file.error());
  }
  constexpr auto kUnchanged = static_cast<uid_t>(-1);
  if (::fchownat(file->get(), "", access.user.value_or(kUnchanged),
                 access.group.value_or(static_cast<gid_t>(-1)), AT_EMPTY_PATH) != 0) {
    const char* advice = errno == EPERM ? "; only root can give files away: start as root, or name "
                                          "a group that you are in"
                                        : "";
    return cannot_apply(path, "owner", errno_text(errno) + advice);
  }
  return ok();
}

Result<Ok> apply_mode(const char* path, std::optional<mode_t> mode) {
  if (!mode) {
    return ok();
  }
  const auto file = open_socket_file(path, "mode");
  if (!file) {
    return failure(file.error());
  }
  // fchmod(2) takes no O_PATH descriptor; its name below /proc leads to the same file.
  const std::string name = "/proc/self/fd/" + std::to_string(file->get());
  if (::chmod(name.c_str(), *mode) != 0) {
    return cannot_apply(path, "mode", errno_text(errno));
  }
  return ok();
}

}  // namespace appserver::net
