// The floor that a server is measured against: answers whatever arrives with a fixed response and
// parses nothing. One recv, one send and a share of an epoll_wait for each request; what it costs
// is the kernel. With a delay before each response it shows what becomes of slow handlers where
// connections stay with their worker. Usage: floor PORT WORKERS [DELAY_MS]

#include <arpa/inet.h>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string_view>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nServer: appserverd\r\n"
    "Date: Wed, 25 Nov 2026 10:00:00 GMT\r\nContent-Length: 13\r\n\r\nHello, World!";

int listen_on(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd, 1024) != 0) {
    std::perror("floor: cannot listen");
    std::exit(1);
  }
  return fd;
}

void watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

[[noreturn]] void serve(int port, unsigned delay_ms) {
  const int listener = listen_on(port);
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  watch(epoll, listener);
  std::array<epoll_event, 64> events{};
  std::array<char, 16 * 1024> input{};
  while (true) {
    const int count = ::epoll_wait(epoll, events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener) {
        watch(epoll, ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      } else if (::recv(fd, input.data(), input.size(), 0) <= 0) {
        ::close(fd);
      } else {
        if (delay_ms > 0) {
          ::usleep(delay_ms * 1000);
        }
        ::send(fd, kResponse.data(), kResponse.size(), MSG_NOSIGNAL);
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::fprintf(stderr, "usage: floor PORT WORKERS [DELAY_MS]\n");
    return 2;
  }
  for (int i = 0; i < std::atoi(argv[2]); ++i) {
    if (::fork() == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      serve(std::atoi(argv[1]), argc == 4 ? static_cast<unsigned>(std::atoi(argv[3])) : 0);
    }
  }
  ::pause();
}
