#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/abi.h>
#include <appserver/abi_stream.h>
#include <appserver/abi_testing.h>
#include <appserver/detail/host.hpp>
#include <appserver/testing/exchange.hpp>
#include <appserver/testing/fake_time.hpp>
#include <appserver/testing/messages.hpp>

namespace appserver::testing {

// The server's side of the ABI in memory: what an app sees instead of appserverd. It offers
// appserver.stream/1 and the clock of abi_testing.h.
class MemoryHost {
 public:
  MemoryHost() {
    table_.table.size = sizeof(appserver_host);
    table_.table.abi_major = APPSERVER_ABI_MAJOR;
    table_.table.abi_minor = APPSERVER_ABI_MINOR;
    table_.table.server_version = "0.0.0-testing";
    table_.table.log = &MemoryHost::log;
    table_.table.report_error = &MemoryHost::report_error;
    table_.table.respond = &Exchange::respond;
    table_.table.peer = &Exchange::peer;
    table_.table.request_id = &Exchange::request_id;
    table_.table.get_extension = &MemoryHost::get_extension;
    table_.owner = this;
  }
  MemoryHost(const MemoryHost&) = delete;
  MemoryHost& operator=(const MemoryHost&) = delete;
  ~MemoryHost() = default;

  [[nodiscard]] const appserver_host& table() const noexcept { return table_.table; }
  [[nodiscard]] FakeTime& time() noexcept { return time_; }
  [[nodiscard]] std::vector<LogRecord>& records() noexcept { return records_; }

  // What the app said last about a failure; forgets it.
  [[nodiscard]] std::string take_error() { return std::exchange(error_, {}); }

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
    self(host).records_.push_back({level, std::string(detail::to_view(message))});
  }
  static void report_error(const appserver_host* host, appserver_str why) {
    self(host).error_ = detail::to_view(why);
  }
  static const void* get_extension(const appserver_host* host, const char* name) {
    const MemoryHost& own = self(host);
    const std::string_view wanted(name);
    if (wanted == APPSERVER_STREAM_EXTENSION) {
      return &own.stream_;
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

  OwnedTable table_;
  appserver_stream stream_{sizeof(appserver_stream),  0,
                           &Exchange::respond_stream, &BodySource::write,
                           &BodySource::trailer,      &Exchange::respond_file,
                           &Exchange::inform,         &Exchange::receive_body};
  appserver_clock clock_{sizeof(appserver_clock), 0, &MemoryHost::steady, &MemoryHost::wall};
  FakeTime time_;
  std::vector<LogRecord> records_;
  std::string error_;
};

}  // namespace appserver::testing
