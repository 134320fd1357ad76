// Clients on keep-alive connections, each of which sends a number of requests one after the other:
// how long until all are answered, beside the time that ideal workers would take. With a probe, a
// further client asks for that path every 20 ms meanwhile.
// Usage: makespan PORT PATH CLIENTS REQUESTS_EACH WORKERS HANDLER_MS [PROBE_PATH]

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

int connect_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    std::perror("makespan: cannot connect");
    std::exit(1);
  }
  return fd;
}

// Sends a request and reads its answer, which must have a Content-Length. Returns: its status, or
// 0.
int ask(int fd, const std::string& request) {
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) {
    return 0;
  }
  std::string answer;
  std::array<char, 4096> piece{};
  while (true) {
    const ssize_t count = ::recv(fd, piece.data(), piece.size(), 0);
    if (count <= 0) {
      return 0;
    }
    answer.append(piece.data(), static_cast<std::size_t>(count));
    const std::size_t end = answer.find("\r\n\r\n");
    const std::size_t length = answer.find("ontent-Length: ");
    if (end != std::string::npos && length != std::string::npos &&
        answer.size() >= end + 4 + std::strtoul(answer.c_str() + length + 15, nullptr, 10)) {
      return std::atoi(answer.c_str() + 9);
    }
  }
}

std::string get_of(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: bench\r\n\r\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 7) {
    std::fprintf(stderr,
                 "usage: makespan PORT PATH CLIENTS REQUESTS_EACH WORKERS HANDLER_MS [PROBE]\n");
    return 2;
  }
  const int port = std::atoi(argv[1]);
  const std::string request = get_of(argv[2]);
  const int client_count = std::atoi(argv[3]);
  const int requests_each = std::atoi(argv[4]);
  std::vector<int> sockets;
  for (int i = 0; i < client_count; ++i) {
    sockets.push_back(connect_to(port));
  }
  std::mutex mutex;
  std::vector<double> latencies;
  std::vector<double> probes;
  std::atomic<int> failed = 0;
  std::atomic<bool> done = false;
  std::vector<std::thread> clients;
  const auto start = Clock::now();
  for (const int fd : sockets) {
    clients.emplace_back([&, fd] {
      for (int i = 0; i < requests_each; ++i) {
        const auto sent = Clock::now();
        failed += ask(fd, request) == 200 ? 0 : 1;
        const std::lock_guard lock(mutex);
        latencies.push_back(ms_since(sent));
      }
    });
  }
  std::thread probing([&] {
    while (argc > 7 && !done) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      const auto sent = Clock::now();
      const int fd = connect_to(port);
      failed += ask(fd, get_of(argv[7])) == 200 ? 0 : 1;
      ::close(fd);
      probes.push_back(ms_since(sent));
    }
  });
  for (std::thread& client : clients) {
    client.join();
  }
  const double span = ms_since(start);
  done = true;
  probing.join();
  const double ideal =
      double(client_count) * requests_each * std::atof(argv[6]) / std::atof(argv[5]);
  std::sort(latencies.begin(), latencies.end());
  std::sort(probes.begin(), probes.end());
  std::printf("%6zu %7d %9.0f %7.2f %9.0f %9.0f", latencies.size(), failed.load(), span,
              span / ideal, latencies[latencies.size() / 2], latencies.back());
  if (!probes.empty()) {
    std::printf(" %9.1f %9.1f", probes[probes.size() / 2], probes.back());
  }
  std::printf("\n");
}
