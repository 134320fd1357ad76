#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <appserver/clock.hpp>
#include <appserver/detail/blueprint.hpp>
#include <appserver/detail/host.hpp>
#include <appserver/log.hpp>
#include <appserver/routes.hpp>
#include <appserver/worker.hpp>

namespace appserver {

namespace detail {
class Entry;
}

// What an app consists of: routes, hooks and a name. Filled in by the block after APPSERVER_APP,
// which runs once in each process that loads the app; it lives until that process ends, so that
// handlers and hooks may keep references to it. Declarations after that block throw
// std::logic_error.
//
// Routes, middleware, groups and error handlers are declared with the functions of Routes
// (routes.hpp), for the whole app or for a group.
//
// Without a route for path and method the app answers 404; 405 with Allow when the path has other
// methods; OPTIONS with Allow, and HEAD as GET, unless they are routed. A path that is not
// correctly encoded gets 400. [zygote]
class App : public Routes<App> {
 public:
  explicit App(detail::Host host) : App(host, std::make_unique<detail::Blueprint>()) {}
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

  // Once per generation, before there are workers: read configuration, warm caches. Must not start
  // threads, and whatever it opens is shared by all workers: database connections belong into
  // on_worker_start. An exception refuses the release, with its text as the reason. [zygote]
  App& on_load(std::function<void()> hook) { return add(on_load_, std::move(hook)); }

  // In each new worker before it accepts: open connections, start threads. An exception ends the
  // worker, which is then tried again with a growing delay. [worker]
  App& on_worker_start(std::function<void(const Worker&)> hook) {
    return add(on_worker_start_, std::move(hook));
  }

  // In a worker that begins to finish what is under way, because another one takes its place or the
  // server stops. It goes when its last exchange has ended: end those that have no end of their
  // own, such as streams of events, here. Requests may still come. Exceptions are logged. Does not
  // run in a worker that is stopped at once, nor on servers before ABI 1.2. [worker]
  App& on_worker_leave(std::function<void(const Worker&)> hook) {
    return add(on_worker_leave_, std::move(hook));
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
  [[nodiscard]] Clock clock() const noexcept { return Clock(host_); }

 private:
  friend class detail::Entry;

  // The blueprint has to be there before the base refers to it.
  App(detail::Host host, std::unique_ptr<detail::Blueprint> blueprint)
      : Routes(*blueprint, blueprint->root()), host_(host), blueprint_(std::move(blueprint)) {}

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

  void check_open() const { blueprint_->check_open(); }

  detail::Host host_;
  KeptObjects kept_;  // before everything that may refer to its objects
  std::string name_;
  std::string version_;
  std::unique_ptr<detail::Blueprint> blueprint_;  // never null
  std::vector<std::function<void()>> on_load_;
  std::vector<std::function<void(const Worker&)>> on_worker_start_;
  std::vector<std::function<void(const Worker&)>> on_worker_leave_;
  std::vector<std::function<void(const Worker&)>> on_worker_stop_;
  std::vector<std::function<void()>> on_release_retire_;
};

}  // namespace appserver
