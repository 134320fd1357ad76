#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "descriptor.h"
#include "incoming_file.h"

namespace upload {

// A file that was received as a whole.
struct StoredFile {
  std::string id;
  std::string name;
  std::uint64_t size = 0;
};

// Checks that the folder takes files, by storing and removing one, and sweeps it.
// Errors: throws std::runtime_error that says what to do. [zygote]
void prepare_folder(const std::string& path);

// Removes what workers left that were killed in the middle of replacing a file. What is younger
// than a minute at the time `now` may belong to a living one, and stays.
// Errors: throws StorageError.
void sweep_folder(const std::string& path, std::time_t now);

// The folder with the files. Keeps nothing in memory: all workers use it at the same time, and so
// do the threads of one. [worker]
class Folder {
 public:
  // Opens it. Errors: throws StorageError.
  explicit Folder(std::string path);

  // Begins a file of `expected` bytes, 0 for an unknown number.
  // Errors: throws StorageError, also when there is no room for that many.
  [[nodiscard]] IncomingFile receive(std::string name, std::uint64_t expected) const;

  // Returns: nullopt when there is none. Requires of these three: the id is no path; see is_id().
  // Errors: throws StorageError.
  [[nodiscard]] std::optional<StoredFile> find(const std::string& id) const;
  // Returns: whether there was one. Who is downloading it goes on.
  bool remove(const std::string& id) const;
  [[nodiscard]] std::string path_of(const std::string& id) const { return path_ + "/" + id; }

  // The first `most` files whose ids come after `after`, in the order of their ids.
  // Errors: throws StorageError.
  [[nodiscard]] std::vector<StoredFile> list(std::string_view after, std::size_t most) const;

 private:
  std::string path_;
  Descriptor folder_;
};

}  // namespace upload
