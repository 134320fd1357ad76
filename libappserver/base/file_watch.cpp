#include "base/file_watch.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <filesystem>
#include <optional>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/errno_text.h"

namespace appserver {
namespace {

constexpr std::uint32_t kNames = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
constexpr std::uint32_t kContents = kNames | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB;
// As the kernel (path_resolution(7)).
constexpr int kMostLinks = 40;

std::deque<std::string> parts_of(const std::string& path) {
  std::deque<std::string> parts;
  for (const auto& part : std::filesystem::path(path).relative_path()) {
    if (!part.empty() && part != ".") {
      parts.push_back(part.string());
    }
  }
  return parts;
}

std::string joined(const std::string& folder, const std::string& name) {
  return folder == "/" ? "/" + name : folder + "/" + name;
}

// Where the link leads, if it is one.
std::optional<std::string> link_target(const std::string& path) {
  std::error_code error;
  auto target = std::filesystem::read_symlink(path, error);
  return error ? std::nullopt : std::optional(target.string());
}

}  // namespace

void FileWatch::watch(std::vector<std::string> files, std::vector<std::string> folders) {
  files_ = std::move(files);
  folders_ = std::move(folders);
  arm();
}

void FileWatch::stop() {
  readable_.stop();
  inotify_.reset();
  watched_.clear();
}

// A new instance each time: what an old one still has to say is about another way.
void FileWatch::arm() {
  stop();
  complaint_.clear();
  inotify_.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!inotify_.is_open()) {
    complaint_ = "cannot watch files: " + errno_text(errno) +
                 "; raise fs.inotify.max_user_instances with sysctl";
    return;
  }
  readable_.start<&FileWatch::on_readable>(this, inotify_.get(), IoWatcher::kReadable);
  for (const std::string& folder : folders_) {
    follow(folder, false);
  }
  for (const std::string& file : files_) {
    follow(file, true);
  }
}

// Goes the way of the path as the kernel would, link by link, and leaves a watch in each folder
// before it looks at the name in there, so that no change can slip through between the two.
void FileWatch::follow(const std::string& path, bool is_file) {
  std::string at = "/";
  std::deque<std::string> rest = parts_of(path);
  for (int links = 0; !rest.empty() && links <= kMostLinks;) {
    const std::string name = std::move(rest.front());
    rest.pop_front();
    if (name == "..") {
      at = std::filesystem::path(at).parent_path().string();
      continue;
    }
    const bool is_end = is_file && rest.empty();
    if (Folder* const folder = enter(at, is_end); folder != nullptr) {
      (is_end ? folder->ends : folder->way).insert(name);
    }
    const std::string next = joined(at, name);
    if (const auto target = link_target(next)) {
      ++links;
      const std::deque<std::string> turn = parts_of(*target);
      rest.insert(rest.begin(), turn.begin(), turn.end());
      at = target->starts_with('/') ? "/" : at;
    } else if (!is_end) {
      at = next;
    }
  }
  if (!is_file) {
    enter(at, true);
  }
}

// Returns: null when it cannot be watched. That is of no concern for one that is not there, and of
// little for one on the way: then it is not noticed when what it holds is replaced.
FileWatch::Folder* FileWatch::enter(const std::string& folder, bool is_watched) {
  const std::uint32_t mask = IN_ONLYDIR | IN_MASK_ADD | (is_watched ? kContents : kNames);
  const int watch = ::inotify_add_watch(inotify_.get(), folder.c_str(), mask);
  if (watch < 0) {
    if (is_watched && errno != ENOENT && errno != ENOTDIR) {
      const char* const hint = errno == ENOSPC
                                   ? "; raise fs.inotify.max_user_watches with sysctl"
                                   : "; the user of the server has to be allowed to read it";
      complaint_ = "cannot watch the folder " + folder + ": " + errno_text(errno) + hint;
    }
    return nullptr;
  }
  Folder& entered = watched_[watch];
  entered.is_watched = entered.is_watched || is_watched;
  return &entered;
}

void FileWatch::on_readable(int) noexcept {
  // Room for several events of the longest names.
  alignas(inotify_event) std::array<char, 16 * 1024> buffer;
  for (;;) {
    const ssize_t got = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got <= 0 || !take({buffer.data(), static_cast<std::size_t>(got)})) {
      return;
    }
  }
}

// Returns: whether there may be more to read from the same instance.
bool FileWatch::take(std::string_view bytes) {
  bool is_turned = false;
  while (bytes.size() >= sizeof(inotify_event)) {
    inotify_event event;
    std::memcpy(&event, bytes.data(), sizeof(event));
    // The name is padded with NUL bytes.
    const std::string_view padded = bytes.substr(sizeof(event), event.len);
    const std::string_view name = padded.substr(0, padded.find('\0'));
    bytes.remove_prefix(sizeof(event) + event.len);
    const auto folder = watched_.find(event.wd);
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
      is_turned = true;
    } else if (folder != watched_.end()) {
      is_turned = is_turned || is_turning(folder->second, event.mask, name);
      if (folder->second.is_watched) {
        tell_one(event.mask, name);
      }
    }
  }
  if (is_turned) {
    arm();
    tell_({FileNews::Kind::Elsewhere, {}});
  }
  return !is_turned;
}

// Whether a path has to be followed anew.
bool FileWatch::is_turning(const Folder& folder, std::uint32_t mask, std::string_view name) const {
  if ((mask & IN_IGNORED) != 0) {  // The folder is gone.
    return true;
  }
  if ((mask & kNames) == 0) {
    return false;
  }
  if (folder.way.contains(name)) {
    return true;
  }
  return folder.ends.contains(name) &&
         std::any_of(files_.begin(), files_.end(),
                     [](const std::string& file) { return link_target(file).has_value(); });
}

void FileWatch::tell_one(std::uint32_t mask, std::string_view name) {
  if ((mask & IN_CLOSE_WRITE) != 0) {
    tell_({FileNews::Kind::Closed, name});
  } else if ((mask & IN_MODIFY) != 0) {
    tell_({FileNews::Kind::Writing, name});
  } else {
    tell_({FileNews::Kind::Replaced, name});
  }
}

}  // namespace appserver
