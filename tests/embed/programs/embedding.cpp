// A program that has a server in it: embedding MODE [APP.so]. Says on standard output what became
// of it and of the process.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <signal.h>
#include <string>
#include <sys/prctl.h>
#include <unistd.h>
#include <vector>

#include <ev.h>

#include <appserver/server.hpp>

namespace {

using appserver::App;
using appserver::HostedApp;
using appserver::Request;
using appserver::Server;

Server* the_server = nullptr;  // NOLINT: for the signal handlers.

void on_signal(int signal) {
  signal == SIGHUP ? the_server->reload() : the_server->stop();
}

void take_signals() {
  struct sigaction action {};
  action.sa_handler = &on_signal;
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGHUP, &action, nullptr);
}

std::string signal_table() {
  std::string text;
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    struct sigaction action {};
    ::sigaction(signal, nullptr, &action);
    text.append(reinterpret_cast<const char*>(&action.sa_handler), sizeof action.sa_handler);
  }
  int subreaper = 0;
  ::prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0);
  return text + std::to_string(subreaper);
}

void declare(App& app, int notes) {
  app.get("/", [](const Request&) { return appserver::text("linked"); });
  app.get("/version", [](const Request&) { return appserver::text(EMBEDDING_VERSION); });
  app.get("/pid", [](const Request&) { return appserver::text(std::to_string(::getpid())); });
  app.get("/crash", [](const Request&) -> appserver::Response { std::abort(); });
  app.get("/stop", [](const Request&) {
    the_server->stop();
    return appserver::text("asked");
  });
  app.get("/note", [notes](const Request&) {
    const bool is_written = ::write(notes, "note\n", 5) == 5;
    return appserver::text(is_written ? "written" : std::strerror(errno));
  });
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  std::atexit([] { std::puts("at exit"); });
  std::printf("before\n");  // Into a buffer, which no other process may write out as well.
  const int notes = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  appserver::ServerOptions options;
  options.bind = {"127.0.0.1:0"};
  options.workers = 2;
  options.keep_releases = 0;  // Nothing is to be left behind.
  Server server(options,
                {.take_signals = mode != "own-signals",
                 .arguments = mode == "upgradable" ? std::vector<std::string>(argv, argv + argc)
                                                   : std::vector<std::string>()});
  the_server = &server;
  if (mode == "own-signals") {
    take_signals();
  }
  if (mode == "default-loop") {
    ev_default_loop(0);
  }
  const HostedApp app =
      argc > 2 ? HostedApp(argv[2]) : HostedApp([notes](App& it) { declare(it, notes); });
  for (int turn = 0; turn < (mode == "twice" ? 2 : 1); ++turn) {
    const std::string before = signal_table();
    const appserver::Outcome outcome = server.run(app);
    std::printf("ended %d %s\n", outcome.exit_code, outcome.why.c_str());
    std::printf("%s\n", before == signal_table() ? "all as before" : "something changed");
    std::fflush(stdout);
    if (outcome.exit_code != 0) {
      return outcome;
    }
  }
  return 0;
}
