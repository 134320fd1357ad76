// Clients that all ask at the same time, and have nothing else to do: how late the answers are.
// Prints the median and the 99th percentile of some rounds, in milliseconds; see forms.sh.
//
//   burst PORT PATH CLIENTS ROUNDS
#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

int connect_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    give_up("connect");
  }
  return fd;
}

// Asks on all of them, and waits for all answers. Returns: how long each took.
std::vector<double> ask_all(const std::vector<int>& clients, int poll, const std::string& request) {
  std::vector<Clock::time_point> begun(clients.size());
  std::vector<double> took;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    begun[i] = Clock::now();
    if (::send(clients[i], request.data(), request.size(), MSG_NOSIGNAL) < 0) {
      give_up("send");
    }
  }
  std::array<epoll_event, 256> events;
  std::array<char, 1024> answer;
  while (took.size() < clients.size()) {
    const int count = ::epoll_wait(poll, events.data(), static_cast<int>(events.size()), 5000);
    if (count <= 0) {
      std::fprintf(stderr, "no answer within 5 seconds\n");
      std::exit(1);
    }
    const auto now = Clock::now();
    for (int i = 0; i < count; ++i) {
      const std::size_t client = events[static_cast<std::size_t>(i)].data.u64;
      if (::recv(clients[client], answer.data(), answer.size(), 0) <= 0) {
        give_up("recv");
      }
      took.push_back(std::chrono::duration<double, std::milli>(now - begun[client]).count());
    }
  }
  return took;
}

}  // namespace

int main(int count, char** words) {
  if (count != 5) {
    std::fprintf(stderr, "usage: burst PORT PATH CLIENTS ROUNDS\n");
    return 2;
  }
  const std::string request =
      std::string("GET ") + words[2] + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<int> clients;
  for (int i = 0; i < std::atoi(words[3]); ++i) {
    clients.push_back(connect_to(std::atoi(words[1])));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = static_cast<std::uint64_t>(i);
    ::epoll_ctl(poll, EPOLL_CTL_ADD, clients.back(), &event);
  }
  std::vector<double> took;
  for (int i = 0; i < std::atoi(words[4]); ++i) {
    const auto more = ask_all(clients, poll, request);
    took.insert(took.end(), more.begin(), more.end());
  }
  std::sort(took.begin(), took.end());
  std::printf("%zu answers: median %.0f ms, 99th percentile %.0f ms\n", took.size(),
              took[took.size() / 2], took[took.size() * 99 / 100]);
}
