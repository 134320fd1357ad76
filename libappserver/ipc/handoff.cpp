#include "ipc/handoff.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "base/errno_text.h"
#include "ipc/passed_fds.h"

namespace appserver::ipc {
namespace {

// Bytes up to this travel in the message itself.
constexpr std::size_t kInMessage = 16 * 1024;

// Puts the bytes into a file without a name. Returns: a closed descriptor when there is no memory.
UniqueFd in_memory_file(Handoff::Pieces pieces) noexcept {
  UniqueFd file(::memfd_create("appserverd handoff", MFD_CLOEXEC));
  for (std::string_view piece : pieces) {
    while (file.is_open() && !piece.empty()) {
      const ssize_t count = ::write(file.get(), piece.data(), piece.size());
      if (count <= 0) {
        return {};
      }
      piece.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  return file;
}

std::size_t size_of(Handoff::Pieces pieces) noexcept {
  std::size_t size = 0;
  for (const std::string_view piece : pieces) {
    size += piece.size();
  }
  return size;
}

bool read_whole(int fd, std::string& bytes) {
  std::size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t count =
        ::pread(fd, bytes.data() + got, bytes.size() - got, static_cast<off_t>(got));
    if (count <= 0) {
      return false;
    }
    got += static_cast<std::size_t>(count);
  }
  return true;
}

HandoffProgress progress_of(int error) noexcept {
  switch (error) {
    case EAGAIN:
    case EINTR:
    case ENOBUFS:
    case ENOMEM:
    case ETOOMANYREFS:  // RLIMIT_NOFILE bounds what a user may have on the way, unix(7).
      return HandoffProgress::Full;
    default:
      return HandoffProgress::Refused;
  }
}

}  // namespace

Result<Handoff> Handoff::make() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return failure("cannot make the socket pair by which workers hand connections over: " +
                   errno_text(errno));
  }
  // Some thousand connections in one go; the kernel cuts it to net.core.wmem_max.
  const int size = 4 * 1024 * 1024;
  ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  return Handoff(UniqueFd(ends[0]), UniqueFd(ends[1]));
}

HandoffProgress Handoff::send(int socket, ConnectionFacts facts, Pieces pieces) const noexcept {
  const std::size_t size = size_of(pieces);
  facts.bytes = static_cast<std::uint32_t>(size);
  UniqueFd file;
  std::array<int, kMostFds> fds{socket, -1};
  std::size_t fd_count = 1;
  if (size > kInMessage) {
    file = in_memory_file(pieces);
    if (!file.is_open()) {
      return HandoffProgress::Full;
    }
    facts.in_memfd = 1;
    fds[fd_count++] = file.get();
    pieces = {};
  }
  std::array<iovec, 1 + kMostPieces> parts{iovec{&facts, sizeof facts}};
  std::size_t part_count = 1;
  for (const std::string_view piece : pieces) {
    parts[part_count++] = {const_cast<char*>(piece.data()), piece.size()};
  }
  PassedFds<kMostFds> rights{};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = part_count;
  attach_fds(message, rights.bytes, std::span(fds).first(fd_count));
  return ::sendmsg(send_end_.get(), &message, MSG_NOSIGNAL) >= 0 ? HandoffProgress::Sent
                                                                 : progress_of(errno);
}

std::optional<HandedOver> Handoff::receive() const {
  while (true) {
    HandedOver connection;
    std::array<char, kInMessage> bytes;
    std::array<iovec, 2> parts{iovec{&connection.facts, sizeof connection.facts},
                               iovec{bytes.data(), bytes.size()}};
    PassedFds<kMostFds> rights{};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    message.msg_control = rights.bytes.data();
    message.msg_controllen = rights.bytes.size();
    const ssize_t size = ::recvmsg(receive_end_.get(), &message, MSG_CMSG_CLOEXEC);
    if (size <= 0) {
      return std::nullopt;
    }
    std::vector<UniqueFd> fds = take_fds(message);
    const ConnectionFacts& facts = connection.facts;
    if (static_cast<std::size_t>(size) < sizeof facts ||
        facts.version != ConnectionFacts{}.version ||
        fds.size() != (facts.in_memfd != 0 ? 2U : 1U)) {
      continue;
    }
    connection.socket = std::move(fds[0]);
    if (facts.in_memfd != 0) {
      connection.bytes.resize(facts.bytes);
      if (!read_whole(fds[1].get(), connection.bytes)) {
        continue;
      }
    } else {
      connection.bytes.assign(bytes.data(), static_cast<std::size_t>(size) - sizeof facts);
    }
    return connection;
  }
}

}  // namespace appserver::ipc
