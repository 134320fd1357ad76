#include "net/closing_door.h"

#include <array>
#include <linux/filter.h>
#include <sys/socket.h>

namespace appserver::net {
namespace {

// RFC 9293 section 3.1: the flags are the byte at 13; SYN is bit 1 and ACK bit 4. The filter of a
// TCP socket sees a segment from its header on, and those of a handshake too.
constexpr unsigned kFlags = 13;
constexpr unsigned kSyn = 0x02;
constexpr unsigned kAck = 0x10;

void drop_new_handshakes(int fd) noexcept {
  std::array<sock_filter, 5> program = {{
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, kFlags),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, kSyn | kAck),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kSyn, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
  }};
  const sock_fprog filter{program.size(), program.data()};
  // Accepted sockets inherit the filter; on an open connection such a segment has no business.
  ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

}  // namespace

void turn_newcomers_away(int listener_fd) noexcept {
  int domain = AF_UNSPEC;
  socklen_t size = sizeof domain;
  ::getsockopt(listener_fd, SOL_SOCKET, SO_DOMAIN, &domain, &size);
  if (domain == AF_UNIX) {
    // Of a unix socket the queue stays as it is, and accept(2) goes on until it is empty.
    ::shutdown(listener_fd, SHUT_RD);
  } else {
    drop_new_handshakes(listener_fd);
  }
}

}  // namespace appserver::net
