#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/abi_async.h>
#include <appserver/abi_leaving.h>
#include <appserver/abi_stream.h>
#include <appserver/abi_testing.h>
#include <appserver/application.hpp>
#include <appserver/detail/dispatch.hpp>
#include <appserver/detail/fence.hpp>
#include <appserver/detail/host.hpp>
#include <appserver/detail/toolchain.hpp>

// Not part of the user's interface: the fence between C++ and the C ABI.
namespace appserver::detail {

// For hooks without a result: the server has no use for the failure, but people have.
struct ErrorRecord {
  Host host;
  const char* hook;
  void operator()(const char* why) const noexcept {
    std::array<char, 512> text;  // not a std::string, which might throw here; a long text is cut
    const int length = std::snprintf(text.data(), text.size(), "%s: %s", hook, why);
    if (length > 0) {
      const auto wanted = static_cast<std::size_t>(length);
      host.log(APPSERVER_LOG_ERROR, {text.data(), std::min(wanted, text.size() - 1)});
    }
  }
};

// An app as the server sees it: sets the App up and translates every call of the ABI into C++.
// Neither copied nor moved, since the description refers to the object itself.
class Entry {
 public:
  // Runs `set_up(App&)`. When it throws, or the server is too old to work with, the reason is
  // reported to the server and description() is null.
  template <typename SetUp>
  Entry(const appserver_host* table, SetUp&& set_up) noexcept : host_(table), app_(host_) {
    if (!host_.is_usable()) {
      host_.report_error("the server does not offer what ABI 1.0 demands; use a newer appserverd");
      return;
    }
    const auto build = [this, &set_up] {
      set_up(app_);
      app_.blueprint_->complete();
      describe_routes();
      return APPSERVER_OK;
    };
    is_ready_ = fenced(build, reporting()) == APPSERVER_OK;
    if (is_ready_) {
      describe_app();
    }
  }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  ~Entry() = default;

  // What appserver_app_v1 returns: valid as long as this object, or null.
  [[nodiscard]] const appserver_app* description() const noexcept {
    return is_ready_ ? &description_ : nullptr;
  }

  [[nodiscard]] bool is_for(const appserver_host* table) const noexcept {
    return host_.table() == table;
  }

  // Lets the host unload the app: `forget` destroys this object.
  void when_unloaded(std::function<void()> forget) { forget_ = std::move(forget); }

 private:
  [[nodiscard]] ErrorReport reporting() const noexcept { return {host_}; }

  void describe_routes() {
    for (const auto& route : app_.blueprint_->router().routes()) {
      route_list_.push_back({route->method.c_str(), route->pattern.c_str()});
      has_placements_ = has_placements_ || route->wants_worker_thread;
      wants_heads_ = wants_heads_ || route->receives_body || route->body_limit != kNoBodyLimit;
    }
    routes_ = {sizeof(appserver_routes), static_cast<std::uint32_t>(route_list_.size()),
               route_list_.data()};
  }

  void describe_app() noexcept {
    description_.size = sizeof(appserver_app);
    description_.abi_major = APPSERVER_ABI_MAJOR;
    description_.abi_minor = APPSERVER_ABI_MINOR;
    description_.name = app_.name_.empty() ? nullptr : app_.name_.c_str();
    description_.version = app_.version_.empty() ? nullptr : app_.version_.c_str();
    description_.toolchain = toolchain();
    description_.state = this;
    description_.on_load = app_.on_load_.empty() ? nullptr : &Entry::on_load;
    description_.on_worker_start =
        app_.on_worker_start_.empty() ? nullptr : &Entry::on_worker_start;
    description_.on_worker_stop = app_.on_worker_stop_.empty() ? nullptr : &Entry::on_worker_stop;
    description_.on_release_retire =
        app_.on_release_retire_.empty() ? nullptr : &Entry::on_release_retire;
    description_.handle = &Entry::handle;
    description_.get_extension = &Entry::get_extension;
  }

  [[nodiscard]] static Entry& self(void* state) noexcept { return *static_cast<Entry*>(state); }

  template <typename Hooks, typename... Arguments>
  [[nodiscard]] static std::int32_t run_all(const Hooks& hooks, const Arguments&... arguments) {
    for (const auto& hook : hooks) {
      hook(arguments...);
    }
    return APPSERVER_OK;
  }

  static std::int32_t on_load(void* state) noexcept {
    const Entry& entry = self(state);
    return fenced([&entry] { return run_all(entry.app_.on_load_); }, entry.reporting());
  }

  static std::int32_t on_worker_start(void* state, const appserver_worker_info* info) noexcept {
    const Entry& entry = self(state);
    const Worker worker(*info, entry.host_);
    return fenced([&] { return run_all(entry.app_.on_worker_start_, worker); }, entry.reporting());
  }

  static void on_worker_leave(void* state, const appserver_worker_info* info) noexcept {
    const Entry& entry = self(state);
    const Worker worker(*info, entry.host_);
    static_cast<void>(fenced([&] { return run_all(entry.app_.on_worker_leave_, worker); },
                             ErrorRecord{entry.host_, "on_worker_leave"}));
  }

  static void on_worker_stop(void* state, const appserver_worker_info* info) noexcept {
    const Entry& entry = self(state);
    const Worker worker(*info, entry.host_);
    static_cast<void>(fenced([&] { return run_all(entry.app_.on_worker_stop_, worker); },
                             ErrorRecord{entry.host_, "on_worker_stop"}));
  }

  static void on_release_retire(void* state) noexcept {
    const Entry& entry = self(state);
    static_cast<void>(fenced([&entry] { return run_all(entry.app_.on_release_retire_); },
                             ErrorRecord{entry.host_, "on_release_retire"}));
  }

  static std::int32_t handle(void* state, appserver_exchange* exchange,
                             const appserver_request* request) noexcept {
    const Entry& entry = self(state);
    const auto respond = [&entry, exchange, request] {
      return answer(entry.host_, *entry.app_.blueprint_, exchange, *request);
    };
    return fenced(respond, entry.reporting());
  }

  static const void* get_extension(void* state, const char* name) noexcept {
    const Entry& entry = self(state);
    const std::string_view wanted(name);
    if (wanted == APPSERVER_ROUTES_EXTENSION) {
      return &entry.routes_;
    }
    // Without a route that wants it, the server need not ask before every body.
    if (wanted == APPSERVER_STREAMING_EXTENSION && entry.wants_heads_) {
      return &entry.streaming_;
    }
    // Without a route of another kind, the server need not ask before every request.
    if (wanted == APPSERVER_PLACEMENT_EXTENSION && entry.has_placements_) {
      return &entry.placement_;
    }
    if (wanted == APPSERVER_LEAVING_EXTENSION && !entry.app_.on_worker_leave_.empty()) {
      return &entry.leaving_;
    }
    const bool unloads = wanted == APPSERVER_UNLOAD_EXTENSION && entry.forget_ != nullptr;
    return unloads ? &entry.unload_ : nullptr;
  }

  static std::int32_t streams_body(void* state, const appserver_request* head) noexcept {
    const Entry& entry = self(state);
    bool streams = false;
    const auto ask = [&] {
      streams = detail::streams_body(entry.app_.blueprint_->router(), *head);
      return APPSERVER_OK;
    };
    static_cast<void>(fenced(ask, entry.reporting()));
    return streams ? 1 : 0;
  }

  static std::int32_t on_worker_thread(void* state, const appserver_request* request) noexcept {
    const Entry& entry = self(state);
    bool wants = false;
    const auto ask = [&] {
      wants = detail::wants_worker_thread(entry.app_.blueprint_->router(), *request);
      return APPSERVER_OK;
    };
    static_cast<void>(fenced(ask, entry.reporting()));
    return wants ? 1 : 0;
  }

  static void unload(void* state) noexcept {
    const std::function<void()> forget = std::move(self(state).forget_);
    forget();  // the entry is gone now
  }

  Host host_;
  App app_;
  bool is_ready_ = false;
  std::vector<appserver_route> route_list_;
  appserver_routes routes_{};
  bool wants_heads_ = false;  // some handlers are called before the body is there
  appserver_streaming streaming_{sizeof(appserver_streaming), 0, &Entry::streams_body};
  bool has_placements_ = false;  // some handlers run on the worker's own thread in any case
  appserver_placement placement_{sizeof(appserver_placement), 0, &Entry::on_worker_thread};
  appserver_leaving leaving_{sizeof(appserver_leaving), 0, &Entry::on_worker_leave};
  std::function<void()> forget_;
  appserver_unload unload_{sizeof(appserver_unload), 0, &Entry::unload};
  appserver_app description_{};
};

}  // namespace appserver::detail
