#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/event_loop.h"
#include "base/unique_fd.h"

namespace appserver {

// What happened to a name in a watched folder.
struct FileNews {
  enum class Kind : std::uint8_t {
    Writing,   // Bytes were written to a file that is open.
    Closed,    // A file that was open for writing is closed.
    Replaced,  // The name came, went, or now means another file; or its mode or time changed.
    Elsewhere  // The way to the folders is another one, or news were lost: look at everything.
  };
  Kind kind;
  std::string_view name;  // Without the folder; empty: the folder itself, or Elsewhere.
};

// Tells what happens in folders, and when what a path means is no longer the same, because a folder
// or symbolic link on the way to it was put in the place of another (inotify(7)). A path that leads
// nowhere is waited for. [any process with a loop]
//
// File systems that other machines write to (NFS, some folders shared with a virtual machine or
// container) tell nothing: that is the kernel's limit.
class FileWatch {
 public:
  using Tell = std::function<void(const FileNews&)>;

  // `tell` is called from the loop, and calls no member but the const ones. The loop outlives this
  // object.
  FileWatch(EventLoop& loop, Tell tell) : tell_(std::move(tell)), readable_(loop) {}
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // Watches the folders, and those in which the files are, and nothing else from now on. Paths are
  // absolute. What changed before is not told.
  void watch(std::vector<std::string> files, std::vector<std::string> folders);
  void stop();
  [[nodiscard]] bool is_active() const { return inotify_.is_open(); }
  // What cannot be watched and why, as of the last watch() or Elsewhere; empty if nothing.
  [[nodiscard]] const std::string& complaint() const { return complaint_; }

 private:
  struct Folder {
    bool is_watched = false;                  // Else only the way leads through it.
    std::set<std::string, std::less<>> way;   // Names whose meaning the paths depend on.
    std::set<std::string, std::less<>> ends;  // Names of watched files: of interest if links.
  };

  void arm();
  void follow(const std::string& path, bool is_file);
  Folder* enter(const std::string& folder, bool is_watched);
  void on_readable(int events) noexcept;
  [[nodiscard]] bool take(std::string_view bytes);
  [[nodiscard]] bool is_turning(const Folder& folder, std::uint32_t mask,
                                std::string_view name) const;
  void tell_one(std::uint32_t mask, std::string_view name);

  Tell tell_;
  std::vector<std::string> files_;
  std::vector<std::string> folders_;
  std::string complaint_;
  UniqueFd inotify_;
  std::map<int, Folder> watched_;  // By watch descriptor.
  IoWatcher readable_;
};

}  // namespace appserver
