#include "ipc/channel.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>

#include "base/errno_text.h"
#include "ipc/passed_fds.h"

namespace appserver::ipc {
namespace {

// Two texts of the greatest size, their lengths, and the header.
constexpr std::size_t kMaxPacket = 2 * kMaxText + 64;

}  // namespace

Result<Channel::Pair> Channel::make_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return failure("cannot make a channel between processes: " + errno_text(errno));
  }
  return Pair{Channel(UniqueFd(ends[0])), Channel(UniqueFd(ends[1]))};
}

Result<Ok> Channel::send(const Message& message, std::span<const int> fds) {
  std::vector<char> packet = encode(message);
  iovec bytes{packet.data(), packet.size()};
  PassedFds<Channel::kMaxFds> rights{};
  msghdr envelope{};
  envelope.msg_iov = &bytes;
  envelope.msg_iovlen = 1;
  attach_fds(envelope, rights.bytes, fds);
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(fd_.get(), &envelope, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) {
    return failure("cannot send to the other process: " + errno_text(errno));
  }
  return ok();
}

Result<Received, NothingReceived> Channel::receive() {
  std::array<char, kMaxPacket> packet;
  PassedFds<Channel::kMaxFds> rights{};
  iovec bytes{packet.data(), packet.size()};
  msghdr envelope{};
  envelope.msg_iov = &bytes;
  envelope.msg_iovlen = 1;
  envelope.msg_control = rights.bytes.data();
  envelope.msg_controllen = rights.bytes.size();
  ssize_t size = -1;
  do {
    size = ::recvmsg(fd_.get(), &envelope, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    return failure(NothingReceived::NotNow);
  }
  if (size <= 0) {
    return failure(NothingReceived::PeerGone);
  }
  std::vector<UniqueFd> fds = take_fds(envelope);
  auto message = decode(std::span(packet).first(static_cast<std::size_t>(size)));
  if (!message || (envelope.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    return failure(NothingReceived::NotUnderstood);
  }
  return Received{std::move(*message), std::move(fds)};
}

void Channel::set_non_blocking() {
  ::fcntl(fd_.get(), F_SETFL, ::fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
}

}  // namespace appserver::ipc
