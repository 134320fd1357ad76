#pragma once

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
      throw std::runtime_error(std::string(name) + " failed: " + host_.take_error());
    }
  }

  // The end of a worker.
  void leave_and_stop(const appserver_worker_info& worker) const {
    const auto* leaving = extension<appserver_leaving>(APPSERVER_LEAVING_EXTENSION);
    if (leaving != nullptr) {
      leaving->on_worker_leave(description_->state, &worker);
    }
    if (description_->on_worker_stop != nullptr) {
      description_->on_worker_stop(description_->state, &worker);
    }
  }

 private:
  void check() {
    if (description_ == nullptr) {
      throw std::runtime_error("the app was refused: " + host_.take_error());
    }
  }

  MemoryHost host_;
  std::unique_ptr<detail::Entry> entry_;  // null: the entry point owns the app
  const appserver_app* description_;
};

}  // namespace appserver::testing
