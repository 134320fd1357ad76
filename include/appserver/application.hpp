#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/detail/host.hpp>
#include <appserver/detail/router.hpp>
#include <appserver/log.hpp>

namespace appserver {

namespace detail {
class Entry;
}

// Which worker a hook runs in. Valid during the hook. [worker]
class Worker {
 public:
  Worker(const appserver_worker_info& identity, detail::Host host) noexcept
      : identity_(identity), host_(host) {}

  // 0 … workers-1; a worker that is restarted keeps it.
  [[nodiscard]] unsigned slot() const noexcept { return identity_.slot; }
  // Counts reloads, from 1.
  [[nodiscard]] unsigned generation() const noexcept { return identity_.generation; }
  [[nodiscard]] Log log() const noexcept { return Log(host_); }

 private:
  appserver_worker_info identity_;
  detail::Host host_;
};

// What an app consists of: routes, hooks and a name. Filled in by the block after APPSERVER_APP,
// which runs once in each process that loads the app; it lives until that process ends, so that
// handlers and hooks may keep references to it. Declarations after that block throw
// std::logic_error.
//
// Patterns: a segment is a literal, `{name}` for any one segment that is not empty, or, at the end,
// `{name*}` for everything that is left, which may be nothing. A literal beats a parameter, and
// that beats a rest-parameter. Slashes count: "/a" and "/a/" are different. Patterns are written
// decoded ("/my files") and compared with the decoded segments of the path.
//
// Without a route for path and method the app answers 404; 405 with Allow when the path has other
// methods; OPTIONS with Allow, and HEAD as GET, unless they are routed. A path that is not
// correctly encoded gets 400.
//
// Handlers: anything callable as Response(const Request&). They run one at a time per worker unless
// the server is started with --threads. [zygote] (the handlers: [worker])
class App {
 public:
  explicit App(detail::Host host) noexcept : host_(host) {}
  App(const App&) = delete;
  App& operator=(const App&) = delete;
  ~App() = default;

  // How the app is called in logs and status pages; the file's name when not set.
  App& name(std::string name) {
    check_open();
    name_ = std::move(name);
    return *this;
  }
  App& version(std::string version) {
    check_open();
    version_ = std::move(version);
    return *this;
  }

  // Each adds one route.
  // Errors: throws std::invalid_argument naming the pattern when it is malformed or when the method
  // has a route of the same shape already. Left uncaught, it fails the load with that text.
  template <typename Handler>
  App& get(std::string_view pattern, Handler&& handler) {
    return route("GET", pattern, std::forward<Handler>(handler));
  }
  template <typename Handler>
  App& head(std::string_view pattern, Handler&& handler) {
    return route("HEAD", pattern, std::forward<Handler>(handler));
  }
  template <typename Handler>
  App& post(std::string_view pattern, Handler&& handler) {
    return route("POST", pattern, std::forward<Handler>(handler));
  }
  template <typename Handler>
  App& put(std::string_view pattern, Handler&& handler) {
    return route("PUT", pattern, std::forward<Handler>(handler));
  }
  template <typename Handler>
  App& patch(std::string_view pattern, Handler&& handler) {
    return route("PATCH", pattern, std::forward<Handler>(handler));
  }
  // The method DELETE; `delete` is a word of the language.
  template <typename Handler>
  App& del(std::string_view pattern, Handler&& handler) {
    return route("DELETE", pattern, std::forward<Handler>(handler));
  }
  template <typename Handler>
  App& options(std::string_view pattern, Handler&& handler) {
    return route("OPTIONS", pattern, std::forward<Handler>(handler));
  }
  // Every method, also OPTIONS and HEAD, that has no route of its own with this pattern.
  template <typename Handler>
  App& any(std::string_view pattern, Handler&& handler) {
    return route(detail::kAnyMethod, pattern, std::forward<Handler>(handler));
  }
  // Any method by its name: route("PROPFIND", "/dav/{path*}", handler).
  template <typename Handler>
  App& route(std::string_view method, std::string_view pattern, Handler&& handler) {
    check_open();
    router_.add(method, pattern, detail::make_handler(std::forward<Handler>(handler)));
    return *this;
  }

  // Once per generation, before there are workers: read configuration, warm caches. Must not start
  // threads, and whatever it opens is shared by all workers: database connections belong into
  // on_worker_start. An exception refuses the release, with its text as the reason. [zygote]
  App& on_load(std::function<void()> hook) { return add(on_load_, std::move(hook)); }

  // In each new worker before it accepts: open connections, start threads. An exception ends the
  // worker, which is then tried again with a growing delay. [worker]
  App& on_worker_start(std::function<void(const Worker&)> hook) {
    return add(on_worker_start_, std::move(hook));
  }

  // In a worker that has finished its last exchange and is about to exit. Exceptions are logged.
  // Does not run in a worker that crashes. [worker]
  App& on_worker_stop(std::function<void(const Worker&)> hook) {
    return add(on_worker_stop_, std::move(hook));
  }

  // Once, after a newer generation took over. Exceptions are logged. [zygote]
  App& on_release_retire(std::function<void()> hook) {
    return add(on_release_retire_, std::move(hook));
  }

  // Makes an object that lives as long as the app, for handlers and hooks to share:
  //   auto& cache = app.keep<PriceCache>();
  //   app.get("/price", [&cache](const appserver::Request&) { ... });
  // Every worker has its own copy after the fork. Destroyed in reverse order, after the handlers.
  template <typename T, typename... Arguments>
  T& keep(Arguments&&... arguments) {
    check_open();
    auto object = std::make_shared<T>(std::forward<Arguments>(arguments)...);
    kept_.push_back(object);
    return *object;
  }

  // May be copied and kept. [zygote] [worker]
  [[nodiscard]] Log log() const noexcept { return Log(host_); }

 private:
  friend class detail::Entry;

  // Owns the objects of keep(). shared_ptr only because it remembers how to destroy any type.
  class KeptObjects {
   public:
    KeptObjects() noexcept = default;
    KeptObjects(const KeptObjects&) = delete;
    KeptObjects& operator=(const KeptObjects&) = delete;
    ~KeptObjects() {
      while (!objects_.empty()) {
        objects_.pop_back();
      }
    }
    void push_back(std::shared_ptr<void> object) { objects_.push_back(std::move(object)); }

   private:
    std::vector<std::shared_ptr<void>> objects_;
  };

  template <typename Hook>
  App& add(std::vector<Hook>& hooks, Hook hook) {
    check_open();
    hooks.push_back(std::move(hook));  // several hooks of a kind run in order
    return *this;
  }

  void check_open() const {
    if (is_complete_) {
      throw std::logic_error("the app is complete: declare routes and hooks in APPSERVER_APP only");
    }
  }

  detail::Host host_;
  bool is_complete_ = false;
  KeptObjects kept_;  // before everything that may refer to its objects
  std::string name_;
  std::string version_;
  detail::Router router_;
  std::vector<std::function<void()>> on_load_;
  std::vector<std::function<void(const Worker&)>> on_worker_start_;
  std::vector<std::function<void(const Worker&)>> on_worker_stop_;
  std::vector<std::function<void()>> on_release_retire_;
};

}  // namespace appserver
