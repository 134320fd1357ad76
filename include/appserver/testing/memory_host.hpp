#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <appserver/abi.h>
#include <appserver/abi_async.h>
#include <appserver/abi_body.h>
#include <appserver/abi_stream.h>
#include <appserver/abi_testing.h>
#include <appserver/detail/host.hpp>
#include <appserver/testing/body_source.hpp>
#include <appserver/testing/fake_time.hpp>
#include <appserver/testing/journal.hpp>
#include <appserver/testing/keepable_exchange.hpp>
#include <appserver/testing/loop.hpp>

namespace appserver::testing {

// The server's side of the ABI in memory: what an app sees instead of appserverd. It offers
// appserver.stream/1, appserver.async/1, appserver.body/1 and the clock of abi_testing.h.
class MemoryHost {
 public:
  MemoryHost() {
    table_.table.size = sizeof(appserver_host);
    table_.table.abi_major = APPSERVER_ABI_MAJOR;
    table_.table.abi_minor = APPSERVER_ABI_MINOR;
    table_.table.server_version = "0.0.0-testing";
    table_.table.log = &MemoryHost::log;
    table_.table.report_error = &MemoryHost::report_error;
    table_.table.respond = &KeepableExchange::respond;
    table_.table.peer = &KeepableExchange::peer;
    table_.table.request_id = &KeepableExchange::request_id;
    table_.table.get_extension = &MemoryHost::get_extension;
    table_.owner = this;
  }
  MemoryHost(const MemoryHost&) = delete;
  MemoryHost& operator=(const MemoryHost&) = delete;
  ~MemoryHost() = default;

  [[nodiscard]] const appserver_host& table() const noexcept { return table_.table; }
  [[nodiscard]] FakeTime& time() noexcept { return time_; }
  [[nodiscard]] Loop& loop() noexcept { return loop_; }
  [[nodiscard]] Journal& journal() noexcept { return journal_; }

 private:
  // The table comes first, so that its address is the address of the whole.
  struct OwnedTable {
    appserver_host table{};
    MemoryHost* owner = nullptr;
  };

  [[nodiscard]] static MemoryHost& self(const appserver_host* host) noexcept {
    return *reinterpret_cast<const OwnedTable*>(host)->owner;
  }

  static void log(const appserver_host* host, std::int32_t level, appserver_str message) {
    self(host).journal_.write(level, std::string(detail::to_view(message)));
  }
  static void report_error(const appserver_host* host, appserver_str why) {
    self(host).journal_.report_error(detail::to_view(why));
  }
  static const void* get_extension(const appserver_host* host, const char* name) {
    const MemoryHost& own = self(host);
    const std::string_view wanted(name);
    if (wanted == APPSERVER_STREAM_EXTENSION) {
      return &own.stream_;
    }
    if (wanted == APPSERVER_BODY_EXTENSION) {
      return &own.body_;
    }
    if (wanted == APPSERVER_ASYNC_EXTENSION) {
      return &own.async_;
    }
    return wanted == APPSERVER_CLOCK_EXTENSION ? &own.clock_ : nullptr;
  }
  static std::int64_t steady(const appserver_host* host) {
    return self(host).time_.steady().count();
  }
  static std::int64_t wall(const appserver_host* host) {
    const auto since_1970 = self(host).time_.wall().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(since_1970).count();
  }

  // The functions of appserver_async that need the host; without --threads, post() does for run().
  static std::int32_t post(const appserver_host* host, appserver_exchange*,
                           appserver_callback callback, void* state) {
    return self(host).loop_.post(callback, state) ? APPSERVER_OK : APPSERVER_FAILED;
  }
  static appserver_wait* wait(const appserver_host* host, const appserver_wait_order* order) {
    return self(host).loop_.begin(*order);
  }
  static void cancel(const appserver_host* host, appserver_wait* wait) {
    self(host).loop_.cancel(wait);
  }

  static std::int32_t read_body(appserver_exchange* kept, appserver_callback callback,
                                void* state) {
    return KeepableExchange::body_of(kept).read(callback, state);
  }
  static appserver_str body_piece(appserver_exchange* kept) {
    return KeepableExchange::body_of(kept).piece();
  }

  OwnedTable table_;
  appserver_stream stream_{sizeof(appserver_stream),
                           0,
                           &KeepableExchange::respond_stream,
                           &BodySource::write,
                           &BodySource::trailer,
                           &KeepableExchange::respond_file,
                           &KeepableExchange::inform,
                           &KeepableExchange::receive_body};
  appserver_clock clock_{sizeof(appserver_clock), 0, &MemoryHost::steady, &MemoryHost::wall};
  appserver_async async_{sizeof(appserver_async),
                         0,
                         &KeepableExchange::defer,
                         &KeepableExchange::request_of,
                         &KeepableExchange::release,
                         &KeepableExchange::is_cancelled,
                         &KeepableExchange::on_cancel,
                         &KeepableExchange::resume,
                         &MemoryHost::post,
                         &MemoryHost::post,
                         &MemoryHost::wait,
                         &MemoryHost::cancel};
  appserver_body body_{sizeof(appserver_body), 0, &MemoryHost::read_body, &MemoryHost::body_piece};
  FakeTime time_;
  Loop loop_{time_};
  Journal journal_;
};

}  // namespace appserver::testing
