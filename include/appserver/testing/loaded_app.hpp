#pragma once

#include <chrono>
#include <concepts>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/abi.h>
#include <appserver/abi_leaving.h>
#include <appserver/abi_stream.h>
#include <appserver/abi_testing.h>
#include <appserver/application.hpp>
#include <appserver/detail/entry.hpp>
#include <appserver/testing/memory_host.hpp>

namespace appserver::testing {

// What APPSERVER_APP defines: the app's only export, appserver_app_v1.
using EntryPoint = const appserver_app* (*)(const appserver_host*);

// Not part of the user's interface: an app with a host of its own, loaded as the server does it and
// unloaded at the end.
class LoadedApp {
 public:
  // Errors: throws std::runtime_error with the app's words when it refuses to be loaded.
  explicit LoadedApp(EntryPoint entry) : description_(entry(&host_.table())) { check(); }

  // An app without APPSERVER_APP: `set_up` is what its block would be.
  template <typename SetUp>
  requires std::invocable<SetUp&, App&>
  explicit LoadedApp(SetUp set_up)
      : host_(),
        entry_(std::make_unique<detail::Entry>(&host_.table(), std::move(set_up))),
        description_(entry_->description()) {
    check();
  }
  LoadedApp(const LoadedApp&) = delete;
  LoadedApp& operator=(const LoadedApp&) = delete;
  ~LoadedApp() {
    const auto* unload = extension<appserver_unload>(APPSERVER_UNLOAD_EXTENSION);
    if (unload != nullptr) {
      unload->unload(description_->state);
    }
  }

  [[nodiscard]] const appserver_app& description() const noexcept { return *description_; }
  [[nodiscard]] MemoryHost& host() noexcept { return host_; }

  template <typename Table>
  [[nodiscard]] const Table* extension(const char* name) const {
    if (description_->get_extension == nullptr) {
      return nullptr;
    }
    return static_cast<const Table*>(description_->get_extension(description_->state, name));
  }

  // Whether the app wants to be called for this request before its body is there.
  [[nodiscard]] bool streams_body(const appserver_request& head) const {
    const auto* streaming = extension<appserver_streaming>(APPSERVER_STREAMING_EXTENSION);
    return streaming != nullptr && streaming->streams_body(description_->state, &head) != 0;
  }

  // Runs a hook of the app, if it has one. Errors: throws std::runtime_error with the app's words.
  template <typename Hook, typename... Arguments>
  void run(const char* name, Hook hook, Arguments... arguments) {
    if (hook != nullptr && hook(description_->state, arguments...) != APPSERVER_OK) {
      throw std::runtime_error(std::string(name) + " failed: " + host_.journal().take_error());
    }
  }

  // The start of a worker, for which the app is loaded. Errors: as run().
  void start(const appserver_worker_info& worker) {
    run("on_load", description_->on_load);
    host_.loop().serve(true);
    run("on_worker_start", description_->on_worker_start, &worker);
  }

  // Its end. What works for nobody any more has the time for it that --graceful-timeout gives.
  void leave_and_stop(const appserver_worker_info& worker) {
    constexpr std::chrono::seconds kGracefulTimeout(30);
    const auto* leaving = extension<appserver_leaving>(APPSERVER_LEAVING_EXTENSION);
    if (leaving != nullptr) {
      leaving->on_worker_leave(description_->state, &worker);
    }
    host_.loop().run_out(kGracefulTimeout);
    if (description_->on_worker_stop != nullptr) {
      description_->on_worker_stop(description_->state, &worker);
    }
    host_.loop().run_ready();
    host_.loop().serve(false);
  }

 private:
  void check() {
    if (description_ == nullptr) {
      throw std::runtime_error("the app was refused: " + host_.journal().take_error());
    }
  }

  MemoryHost host_;
  std::unique_ptr<detail::Entry> entry_;  // null: the entry point owns the app
  const appserver_app* description_;
};

}  // namespace appserver::testing
