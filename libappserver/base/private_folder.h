#pragma once

#include <string>
#include <utility>

#include "base/result.h"

// Folders that belong to this program's user alone. [master]
namespace appserver {

// Makes the folder, with those above it, unless it is there. Only its last part is checked: it has
// to be a folder and no symbolic link, to belong to this user, and to be closed to all others (mode
// 0700); an own one that is more open is closed.
// Errors: what is in the way, and what to do.
[[nodiscard]] Result<Ok> make_private_folder(const std::string& path);

// The folder below which servers of this user keep what lives as long as the machine runs:
// /run/appserverd for root, $XDG_RUNTIME_DIR/appserverd for others, /tmp/appserverd-UID where that
// is not set. Makes nothing.
[[nodiscard]] std::string runtime_folder();

// A new folder with a name nobody can guess, removed with the files in it when this object dies.
class PassingFolder {
 public:
  // Below /tmp, whose sticky bit keeps others from putting anything in its place.
  // Errors: what mkdtemp(3) says.
  [[nodiscard]] static Result<PassingFolder> make(const std::string& prefix);

  PassingFolder(PassingFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  PassingFolder& operator=(PassingFolder&&) = delete;
  PassingFolder(const PassingFolder&) = delete;
  PassingFolder& operator=(const PassingFolder&) = delete;
  ~PassingFolder();

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  // Errors: errno_text.
  [[nodiscard]] Result<Ok> give_to(unsigned uid) const;

 private:
  explicit PassingFolder(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace appserver
