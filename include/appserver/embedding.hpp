#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <appserver/abi.h>
#include <appserver/detail/app_maker.hpp>
#include <appserver/server_options.hpp>

struct ev_loop;

// The server as a part of another program; the guide is docs/EMBEDDING.md. Programs include
// <appserver/server.hpp>, which adds what an app is written with, and link appserver::server.
namespace appserver {

class App;

namespace detail {
// In server.hpp, which apps of C++ need and the library does not.
inline AppMaker link_app(std::function<void(App&)> set_up);
}  // namespace detail

// The app that a server is to serve: a file, or a part of this program.
class HostedApp {
 public:
  // The path of a shared object, as appserverd takes it.
  HostedApp(std::string path) : path_(std::move(path)) {}  // NOLINT(google-explicit-constructor)
  HostedApp(const char* path) : path_(path) {}             // NOLINT(google-explicit-constructor)

  // A function that declares routes and hooks, like the block behind APPSERVER_APP. It is called
  // once by each process or thread that sets the app up, and what it throws fails that.
  template <std::invocable<App&> SetUp>
  HostedApp(SetUp set_up)  // NOLINT(google-explicit-constructor)
      : entry_(detail::link_app(std::function<void(App&)>(std::move(set_up)))) {}

  // appserver_app_v1 of an app that is compiled into this program.
  HostedApp(const appserver_app* (*app_v1)(const appserver_host*))  // NOLINT
      : entry_([app_v1](const appserver_host* host) {
          // Owns nothing: what is behind the description belongs to the app.
          return std::shared_ptr<const appserver_app>(std::shared_ptr<void>(), app_v1(host));
        }) {}

  // Empty for one that is linked in.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const detail::AppMaker& entry() const noexcept { return entry_; }

 private:
  std::string path_;
  detail::AppMaker entry_;
};

// How a server ended. Converts to the exit code, so that main can return it.
struct [[nodiscard]] Outcome {
  int exit_code = 0;  // 0 stopped as asked; 1 options or addresses; 3 no worker came up; 4 the app.
  std::string why;    // One line for people; empty when it ended as asked.

  operator int() const noexcept { return exit_code; }  // NOLINT(google-explicit-constructor)
};

// What the program around a server wants to have a say in.
struct Embedding {
  // Takes the records of the server's log, each without time and level; empty: the log goes where
  // error_logfile says. Called from several threads at once, and with run() also in the processes
  // that are forked. What it throws is swallowed.
  std::function<void(LogLevel level, std::string_view record)> log{};

  // Called once, on the thread that serves, when the sockets are open: with the address of each,
  // "http://127.0.0.1:40123", so that port 0 can be asked for. Clients can connect from now on.
  std::function<void(const std::vector<std::string>& addresses)> on_listening{};

  // run() only: whether TERM, INT, QUIT, HUP, TTIN, TTOU, USR1 and USR2 do what they do to
  // appserverd until it returns. If not, they stay the program's.
  bool take_signals = true;

  // run() only: the options that reload() is to use; empty: those that there are.
  std::function<ServerOptions()> reread_options{};

  // run() only: how the program was started, {argv, argv + argc}. If it is given, SIGUSR2 executes
  // what lies at the program's path by then in this same process, with these arguments; its main
  // comes to run() again, which takes the server over, with all workers and connections. Before
  // that a child does so on trial, prints that it would take over, and returns from run() at once.
  // Empty: SIGUSR2 is refused.
  std::vector<std::string> arguments{};
};

// A server in this program. It prints nothing, ends no process, and has no global state: there may
// be any number, each used by one call of run() or serve_in_process() at a time.
//
//   int main() {
//     appserver::Server server{{.bind = {":8000"}, .workers = 4}};
//     return server.run([](appserver::App& app) {
//       app.get("/", [](const appserver::Request&) { return appserver::text("Hello"); });
//     });
//   }
//
// Errors come back as an Outcome, and are in the log as well. What an exception of the standard
// library interrupts (no memory) is an Outcome, too; nothing is thrown but by the constructor.
class Server {
 public:
  // Errors: std::runtime_error when no descriptor is left, std::bad_alloc.
  explicit Server(ServerOptions options = {}, Embedding embedding = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  // Requires: no call is in progress.
  ~Server();

  // Makes the calling process the master of a pre-fork server until it is stopped. The app runs in
  // processes that are forked from this one, and never in this one.
  //
  // Requires, and says so otherwise: one thread, as a fork takes only one along; libev's default
  // loop is free. The master reaps all children of the process. Meanwhile the process is their
  // subreaper, and the signals it takes, SIGCHLD, SIGPIPE and SIGXFSZ are the server's; all this is
  // put back before it returns. The processes that are forked keep the descriptors that are open
  // now and end without the program's atexit handlers.
  Outcome run(const HostedApp& app);

  // Serves on the calling thread, without a fork, until it is stopped; a second thread stands by
  // for slow handlers. Nothing of the process is touched, and a crash of the app is a crash of the
  // program. The options of processes, reloads and deploys have no meaning here; those that would
  // change the process (user, group, umask, chdir, env, pid) are refused.
  Outcome serve_in_process(const HostedApp& app);

  // The same on a loop of the caller's, whose other watchers are served as well. The caller does
  // not run it meanwhile, and a slow handler holds up all that is on it.
  Outcome serve_in_process(const HostedApp& app, struct ev_loop* loop);

  // These tell the call in progress what to do, or the next one if there is none. [any thread]
  // Async-signal-safe. In a process that run() forked they do nothing.

  // Ends gracefully: no new connections, requests in progress are answered, at most
  // graceful_timeout long. Like SIGTERM.
  void stop() noexcept;
  // Ends now. A handler that is running is cut off by run(), and waited for in this process. Like
  // SIGQUIT.
  void quick_stop() noexcept;
  // run() only: new workers, of the file as it is now, or of this program as it runs. Like SIGHUP.
  void reload() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace appserver
