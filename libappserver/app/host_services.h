#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <appserver/abi.h>
#include <appserver/abi_async.h>

struct ev_loop;

namespace appserver::app {

// What the functions of appserver_async that belong to no exchange do in a process that serves; the
// rules are those of abi_async.h.
class AppCalls {
 public:
  virtual bool post(appserver_exchange* exchange, appserver_callback callback, void* state) = 0;
  virtual bool run(appserver_exchange* exchange, appserver_callback callback, void* state) = 0;
  virtual appserver_wait* wait(const appserver_wait_order& order) = 0;
  virtual void cancel(appserver_wait* wait) = 0;
  // Null when it is too late for that.
  virtual struct ev_loop* open_loop() = 0;
  // As appserver_tokens::take. Any thread.
  virtual std::uint64_t take_token(std::string_view key, std::uint64_t interval,
                                   std::uint64_t tolerance) = 0;

 protected:
  ~AppCalls() = default;
};

// The server as an app sees it: the function table of the plugin ABI and what stands behind it.
//
// The app keeps the table's address from its set-up on, in the zygote and in every worker that is
// forked from it, and may copy function pointers out of it. So one object serves the whole life of
// the process, at one address, and the calls that only a worker can answer are given right at the
// construction, even in a zygote, where no exchange exists that could be answered.
//
// The table's functions may be called from any thread of the app and throw nothing.
// [zygote] [worker] [check child]
class HostServices {
 public:
  // Takes one record of the app's log; `level` is one of APPSERVER_LOG_….
  // Requires: safe to call from several threads when the app has threads.
  using LogSink = std::function<void(std::int32_t level, std::string_view message)>;
  // Finds a host extension by its versioned name, or null. Same requirement.
  using ExtensionLookup = std::function<const void*(std::string_view name)>;

  // What the worker implements; the exchange itself is their only context.
  struct ExchangeCalls {
    decltype(appserver_host::respond) respond;
    decltype(appserver_host::peer) peer;
    decltype(appserver_host::request_id) request_id;
  };
  // Answers nothing: for processes that never serve, such as `appserverd check`.
  [[nodiscard]] static ExchangeCalls refusing_calls() noexcept;

  // Requires: all members of `calls` are set.
  HostServices(std::string server_version, LogSink log, ExchangeCalls calls,
               ExtensionLookup extensions = {});
  HostServices(const HostServices&) = delete;
  HostServices& operator=(const HostServices&) = delete;
  ~HostServices() = default;

  // What appserver_app_v1 is called with. Valid as long as this object.
  [[nodiscard]] const appserver_host& table() const noexcept { return table_.host; }

  // Replaces the log sink, as a worker does after the fork, so that records carry its slot.
  // Requires: the app runs no thread yet.
  void set_log_sink(LogSink log);

  // What is put before the keys of the app's rate limits, so that those of several apps in one
  // server are told apart. Empty for the only one. Requires: as above.
  void set_key_prefix(std::string prefix) { key_prefix_ = std::move(prefix); }
  [[nodiscard]] const std::string& key_prefix() const noexcept { return key_prefix_; }

  // What the app's calls lead to from now on; null: to nothing. Outlives this object, or its use by
  // the app. Requires: as above.
  void set_app_calls(AppCalls* calls) noexcept { app_calls_ = calls; }
  [[nodiscard]] AppCalls* app_calls() const noexcept { return app_calls_; }
  // The object whose table() this is.
  static HostServices& behind(const appserver_host* host) noexcept;

  // What the calling thread last gave to report_error, and forgets it; empty when there was
  // nothing. Costs one atomic load when no thread has reported anything, so that a worker can
  // call it before each handler in order to forget an older one's words.
  [[nodiscard]] std::string take_reported_error();

 private:
  // The callbacks find their object through the table they are called with: it is the first member
  // of a standard-layout struct, so that a pointer to one is a pointer to the other.
  struct Table {
    appserver_host host;
    HostServices* self;
  };
  static void on_log(const appserver_host* host, std::int32_t level,
                     appserver_str message) noexcept;
  static void on_report_error(const appserver_host* host, appserver_str why) noexcept;
  static const void* on_get_extension(const appserver_host* host, const char* name) noexcept;

  const std::string server_version_;
  LogSink log_;
  AppCalls* app_calls_ = nullptr;
  std::string key_prefix_;
  const ExtensionLookup extensions_;
  std::mutex reported_mutex_;
  std::map<std::thread::id, std::string> reported_;  // by the thread whose hook or handler fails
  std::atomic<bool> any_reported_{false};
  Table table_;
};

}  // namespace appserver::app
