#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "descriptor.h"

namespace upload {

// Where a file keeps the name that its client gave.
inline constexpr const char* kNameAttribute = "user.upload.name";

// What an entry of the folder is called for the moment in which it replaces another.
inline constexpr const char* kPassingPrefix = ".passing-";

// A file that is being received. It has no name in its folder before it is complete (O_TMPFILE), so
// that the kernel removes it whatever happens: when the client leaves, when the disk is full, when
// the worker is killed. Nothing has to be swept, and nothing half can be seen.
//
// States: Nameless (write) -> Stored (store_as, replace); destroyed while Nameless: gone.
class IncomingFile {
 public:
  // Begins one in the folder whose descriptor that is, which outlives this object. `name` is what
  // the client calls it: an attribute of the file, so that both appear, move and go together.
  // Errors: throws StorageError.
  IncomingFile(int folder, std::string name);

  // Appends. Errors: throws StorageError; the file is to be given up then.
  void write(std::string_view bytes);

  // Gives the complete file its name in the folder. When this returns, the file and its name are on
  // the disk, and survive a loss of power. May take as long as the disk does.
  // Errors: throws StorageError, also when there is a file of that name; nothing is stored then.
  void store_as(const std::string& id);

  // The same for a name that may exist: readers see the old file or the new one, and those who read
  // the old one go on with it.
  // Errors: throws StorageError; the old file is as before, unless it was only the last step, the
  // folder's own way to the disk, that failed.
  void replace(const std::string& id);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

 private:
  void make_durable() const;
  void link_as(const std::string& entry) const;

  int folder_;
  std::string name_;
  Descriptor file_;
  std::uint64_t size_ = 0;
};

}  // namespace upload
