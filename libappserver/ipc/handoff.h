#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

// Passing an open client connection from a worker that leaves to one that stays, so that the client
// notices nothing.
//
// All workers share one SOCK_SEQPACKET pair, which the master made before the first of them:
// whoever leaves writes, whoever serves reads. (Not a datagram socket: those queue ten messages,
// net.unix.max_dgram_qlen.) A message carries the client's socket (SCM_RIGHTS), what is known of
// it, and the bytes that were read from it and not answered; bytes that do not fit lie in a memfd
// that goes with it.
//
// In front of them there may be bytes of the other direction: what is left of a response that the
// client has not taken yet.
namespace appserver::ipc {

// What a worker knows of a connection. Plain bytes: it is sent as it lies in memory. Both ends run
// the same build, or refuse by the version.
struct ConnectionFacts {
  std::uint32_t version = 3;
  std::uint32_t bytes = 0;             // That follow: those to be sent, then those that were read.
  std::array<char, 20> socket_peer{};  // net::PeerAddress of the socket.
  std::array<char, 20> peer{};  // net::PeerAddress of the client, as the PROXY protocol told it.
  std::uint8_t trusts_forwarded = 0;
  std::uint8_t over_tls = 0;
  std::uint8_t awaits_preamble = 0;
  std::uint8_t in_memfd = 0;  // The bytes are in the second descriptor.
  std::uint8_t wait = 0;      // What it waits for: a number that only workers know the meaning of.
  std::uint8_t is_new = 0;    // Just accepted: nothing but socket_peer is known of it yet.
  std::uint8_t closes = 0;    // After what is to be sent.
  std::uint8_t unused = 0;
  std::uint32_t requests = 0;  // That were answered on it.
  std::uint64_t unsent = 0;    // So many of the bytes are to be sent.
  // Nanoseconds on the monotonic clock, which all processes share: time goes on on the way.
  std::int64_t wait_ends = 0;
  std::int64_t since = 0;  // When the body of the half-read request began to be awaited.
};

struct HandedOver {
  UniqueFd socket;
  ConnectionFacts facts;
  std::string bytes;
};

enum class HandoffProgress {
  Sent,  // The message is in the queue: the sender can close its copy of the socket.
  Full,  // The queue is, or too many descriptors are on their way: try again when it is writable.
  Refused,  // It cannot be sent at all.
};

// The pair. [master] makes it; its descendants inherit both ends.
class Handoff {
 public:
  // Errors: no descriptors.
  [[nodiscard]] static Result<Handoff> make();
  // The ends of a pair that a master made whose place this process takes. [master]
  [[nodiscard]] static Handoff adopt(UniqueFd send_end, UniqueFd receive_end) noexcept {
    return {std::move(send_end), std::move(receive_end)};
  }

  // What was read and not answered, in pieces that need not lie together.
  static constexpr std::size_t kMostPieces = 6;
  using Pieces = std::span<const std::string_view>;

  // [worker] Hands `socket` over with its facts and bytes; facts.bytes is set here. The sender
  // keeps its descriptor. Does not block. Async-signal-safe: system calls and the stack only, as it
  // is what the crash handler does. Requires: at most kMostPieces.
  [[nodiscard]] HandoffProgress send(int socket, ConnectionFacts facts,
                                     Pieces pieces) const noexcept;

  // The most descriptors that come with a connection.
  static constexpr std::size_t kMostFds = 2;

  // [worker] Takes a connection out of the queue. Requires: room for kMostFds descriptors, as the
  // kernel closes those that find none (SpareDescriptors). Returns: nothing when it is empty.
  // Messages of another version are dropped, with their connection.
  [[nodiscard]] std::optional<HandedOver> receive() const;

  // Where a sender waits until it is writable, and a receiver until it is readable.
  [[nodiscard]] int send_fd() const noexcept { return send_end_.get(); }
  [[nodiscard]] int receive_fd() const noexcept { return receive_end_.get(); }

 private:
  Handoff(UniqueFd send_end, UniqueFd receive_end) noexcept
      : send_end_(std::move(send_end)), receive_end_(std::move(receive_end)) {}

  UniqueFd send_end_;
  UniqueFd receive_end_;
};

}  // namespace appserver::ipc
