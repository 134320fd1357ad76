#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace appserver::worker {

// A large request body that is collected in a file without a name, so that many of them at once
// fill a disk and not the memory. [worker]
class Spool {
 public:
  // Errors: no place for the file in $TMPDIR or /tmp.
  [[nodiscard]] static Result<Spool> open();

  Spool(Spool&& other) noexcept;
  Spool& operator=(Spool&&) = delete;
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;
  ~Spool();

  // Errors: the disk is full.
  [[nodiscard]] Result<Ok> append(std::string_view bytes);

  // The body is complete: makes all of it readable in one piece, by view(). Errors: no address
  // space.
  [[nodiscard]] Result<Ok> close();
  // Valid as long as this object. Requires: close().
  [[nodiscard]] std::string_view view() const noexcept { return {mapping_, size_}; }

 private:
  explicit Spool(UniqueFd file) noexcept : file_(std::move(file)) {}

  UniqueFd file_;
  char* mapping_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace appserver::worker
