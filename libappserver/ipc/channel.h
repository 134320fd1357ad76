#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "ipc/messages.h"

namespace appserver::ipc {

// What came in: a message with its descriptors, or the news that the peer is gone.
struct Received {
  Message message;
  std::vector<UniqueFd> fds;
};
enum class NothingReceived {
  NotNow,         // Non-blocking channel, nothing waiting.
  PeerGone,       // End of file: the other process ended or closed its end.
  NotUnderstood,  // A packet that is no message of ours; it was dropped.
};

// One end of a SOCK_SEQPACKET pair between two of our processes: packets keep their borders, are
// sent whole or not at all, and the death of the peer is end of file (unix(7)). [any] One thread.
// Both ends are close-on-exec.
class Channel {
 public:
  // The most descriptors one message carries.
  static constexpr std::size_t kMaxFds = 4;

  struct Pair;
  // Errors: no descriptors left.
  [[nodiscard]] static Result<Pair> make_pair();

  explicit Channel(UniqueFd fd) : fd_(std::move(fd)) {}

  // Sends `message` and duplicates `fds` to the peer; the caller keeps its own.
  // Errors: the peer is gone, or its queue is full on a non-blocking channel; nothing was sent
  // then.
  [[nodiscard]] Result<Ok> send(const Message& message, std::span<const int> fds = {});

  // Waits for a message (blocking channel) or takes one that is there (non-blocking).
  [[nodiscard]] Result<Received, NothingReceived> receive();

  // A channel is made blocking; event loops want it non-blocking. Applies to this end only.
  void set_non_blocking();

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] bool is_open() const noexcept { return fd_.is_open(); }
  void close() noexcept { fd_.reset(); }

 private:
  UniqueFd fd_;
};

struct Channel::Pair {
  Channel ours;
  Channel theirs;
};

}  // namespace appserver::ipc
