// What belongs to the process is as before, during and after: nothing of it is the server's.
#include <clocale>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <locale>
#include <memory>
#include <optional>
#include <signal.h>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>

#include <appserver/server.hpp>

#include "embed/in_process_server.h"
#include "support/http_client.h"
#include "support/read_file.h"
#include "support/temporary_folder.h"

using namespace appserver::test;
using appserver::App;
using appserver::Request;

namespace {

// The lines of /proc/PID/status that say what becomes of signals, and the mask of umask(2).
std::string lines_of_status() {
  std::ifstream status("/proc/self/status");
  std::string lines;
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("SigIgn", 0) == 0 || line.rfind("SigCgt", 0) == 0 ||
        line.rfind("Umask", 0) == 0) {
      lines += line + "\n";
    }
  }
  return lines;
}

std::string table_of_handlers() {
  std::string text;
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    struct sigaction action {};
    ::sigaction(signal, nullptr, &action);
    text += std::to_string(reinterpret_cast<std::uintptr_t>(action.sa_handler)) + "," +
            std::to_string(action.sa_flags) + " ";
  }
  return text;
}

std::string mask_of_thread() {
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  std::string text;
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    text += ::sigismember(&mask, signal) == 1 ? '1' : '0';
  }
  return text;
}

struct ProcessFacts {
  static ProcessFacts look() {
    int subreaper = -1;
    ::prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0);
    stack_t stack{};
    ::sigaltstack(nullptr, &stack);
    return {lines_of_status(),
            table_of_handlers(),
            mask_of_thread(),
            std::setlocale(LC_ALL, nullptr),
            std::locale().name(),
            read_file("/proc/self/cmdline"),
            read_file("/proc/self/comm"),
            std::filesystem::current_path().string(),
            read_file("/proc/self/environ"),
            subreaper,
            ::fcntl(STDIN_FILENO, F_GETFL),
            ::fcntl(STDOUT_FILENO, F_GETFL),
            ::fcntl(STDERR_FILENO, F_GETFL)};
  }
  bool operator==(const ProcessFacts&) const = default;

  std::string status, handlers, mask, c_locale, locale, command_line, name, folder, environment;
  int subreaper, input, output, error;
};

std::vector<std::string> open_descriptors() {
  std::vector<std::string> fds;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    fds.push_back(entry.path().filename().string());
  }
  return fds;
}

int listening_sockets() {
  int count = 0;
  for (const std::string& fd : open_descriptors()) {
    int listens = 0;
    socklen_t size = sizeof listens;
    const bool is_socket =
        ::getsockopt(std::stoi(fd), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0;
    count += is_socket && listens != 0 ? 1 : 0;
  }
  return count;
}

}  // namespace

TEST_CASE("manners: a server in the process leaves all that is the process's as it was") {
  std::thread([] {}).join();  // With its first thread the C library takes a signal for itself.
  const ProcessFacts before = ProcessFacts::look();
  const auto descriptors = open_descriptors();
  {
    InProcessServer running(
        [](App& app) { app.get("/", [](const Request&) { return appserver::text("hello"); }); });
    CHECK(get(running.address(), "/").status == 200);
    const ProcessFacts during = ProcessFacts::look();
    CHECK(before.handlers == during.handlers);
    CHECK(before.status == during.status);
    CHECK(before.command_line == during.command_line);
    CHECK(before == during);
    running.server.stop();
    CHECK(running.wait().exit_code == 0);
  }
  CHECK(before == ProcessFacts::look());
  CHECK(open_descriptors().size() == descriptors.size());
}

TEST_CASE("manners: the thread that served has its signal mask again") {
  std::string before, after;
  std::thread thread([&] {
    before = mask_of_thread();
    appserver::Server server(on_free_port(), {.log = [](appserver::LogLevel, std::string_view) {}});
    server.stop();
    static_cast<void>(server.serve_in_process([](App&) {}));
    after = mask_of_thread();
  });
  thread.join();
  CHECK(before == after);
}

TEST_CASE("manners: clients that leave amid files and bodies raise no SIGPIPE in the program") {
  TemporaryFolder folder;
  std::ofstream(folder / "large") << std::string(8 * 1024 * 1024, 'x');
  appserver::ServerOptions options = on_free_port();
  options.static_mounts = {"/files=" + folder.path().string()};
  InProcessServer running(
      [](App& app) {
        app.get("/",
                [](const Request&) { return appserver::text(std::string(8 * 1024 * 1024, 'x')); });
      },
      options);
  for (const char* target : {"/files/large", "/"}) {
    for (int i = 0; i < 20; ++i) {
      HttpClient client(running.address());
      client.send(std::string("GET ") + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
      eventually(10s, "an answer begins", [&] { return client.has_input(); });
    }
  }
  CHECK(get(running.address(), "/healthz").status == 200);  // Else this program is dead.
}

TEST_CASE("manners: a listening socket is closed once, at the end, by whoever opened it") {
  // 1. The worker shut the door and closed the descriptor. 2. Another thread of the program opened
  // something and got the same number. 3. The server, which had opened the socket, closed that.
  InProcessServer running([](App&) {});
  HttpClient idle(running.address());  // Whose farewell takes a second, with all doors shut.
  CHECK(idle.get("/").status == 404);
  auto other = std::make_unique<HttpClient>(running.address());  // Whose end wakes the server.
  CHECK(other->get("/").status == 404);
  CHECK(listening_sockets() == 1);
  running.server.stop();
  std::this_thread::sleep_for(200ms);  // Longer than the last call for handshakes.
  other.reset();
  std::this_thread::sleep_for(100ms);
  CHECK(listening_sockets() == 1);
  CHECK(running.wait().exit_code == 0);
  CHECK(listening_sockets() == 0);
}
