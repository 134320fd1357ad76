#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

namespace appserver::observe {

// Writes finished records to a log's descriptor and would rather lose one than wait: a full disk, a
// full pipe or a reader that is gone costs records, which are counted, and never stops the process.
// [any] One thread at a time; no buffer and no thread of its own, so a fork needs no care.
// Requires: `fd` outlives the writer and stays of the same kind (file, socket or pipe). It is not
// owned. SIGPIPE is ignored in the process (a pipe whose reader is gone would kill it otherwise).
class RecordWriter {
 public:
  explicit RecordWriter(int fd) noexcept;

  // Writes `records`, whole lines. To a file or socket with one system call, so that O_APPEND keeps
  // records of several processes apart. To a pipe or terminal, which may be shared with other
  // processes and stand in blocking mode, in pieces of whole lines up to PIPE_BUF: pipe(7) promises
  // only those not to be mixed with the writes of others.
  // Returns: whether everything was written. If not, `count` is added to dropped().
  bool write(std::string_view records, std::uint64_t count) noexcept;

  // Counts a record that could not even be made.
  void drop(std::uint64_t count = 1) noexcept { dropped_ += count; }
  // How many records were lost so far.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  enum class Kind { File, Socket, Stream };

  [[nodiscard]] bool write_all(std::string_view records) const noexcept;
  [[nodiscard]] bool write_in_pieces(std::string_view records) const noexcept;

  const int fd_;
  const Kind kind_;
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace appserver::observe
