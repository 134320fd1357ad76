#include "base/private_folder.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "base/errno_text.h"
#include "base/unique_fd.h"

namespace appserver {
namespace {

constexpr mode_t kClosed = 0700;
constexpr mode_t kOthers = 0077;

Result<Ok> require_own(const std::string& path, int folder) {
  struct stat found {};
  if (::fstat(folder, &found) != 0) {
    return failure(path + " cannot be looked at: " + errno_text(errno));
  }
  if (found.st_uid != ::geteuid()) {
    return failure(path + " belongs to the user with the number " + std::to_string(found.st_uid) +
                   " and not to the one of this server; remove it, or choose another folder");
  }
  if ((found.st_mode & kOthers) != 0 && ::fchmod(folder, kClosed) != 0) {
    return failure(path + " is open to others and cannot be closed: " + errno_text(errno));
  }
  return ok();
}

}  // namespace

Result<Ok> make_private_folder(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!parent.empty()) {
    std::filesystem::create_directories(parent, error);
  }
  if (error) {
    return failure(parent.string() + " cannot be made: " + error.message());
  }
  if (::mkdir(path.c_str(), kClosed) != 0 && errno != EEXIST) {
    return failure(path + " cannot be made: " + errno_text(errno));
  }
  const UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder.is_open()) {
    return failure(path + " is no folder of this server: " + errno_text(errno) +
                   "; remove it, or choose another folder");
  }
  return require_own(path, folder.get());
}

std::string runtime_folder() {
  if (::geteuid() == 0) {
    return "/run/appserverd";
  }
  const char* const own = std::getenv("XDG_RUNTIME_DIR");
  return own != nullptr && *own == '/' ? std::string(own) + "/appserverd"
                                       : "/tmp/appserverd-" + std::to_string(::geteuid());
}

Result<PassingFolder> PassingFolder::make(const std::string& prefix) {
  std::string path = "/tmp/" + prefix + "-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    return failure("no folder can be made in /tmp: " + errno_text(errno));
  }
  return PassingFolder(std::move(path));
}

PassingFolder::~PassingFolder() {
  if (!path_.empty()) {
    std::error_code ignored;  // What cannot be removed is left to the cleaning of /tmp.
    std::filesystem::remove_all(path_, ignored);
  }
}

Result<Ok> PassingFolder::give_to(unsigned uid) const {
  if (::lchown(path_.c_str(), uid, static_cast<gid_t>(-1)) != 0) {
    return failure(path_ + " cannot be given to the app's user: " + errno_text(errno));
  }
  return ok();
}

}  // namespace appserver
