#pragma once

#include <cstdint>
#include <string_view>

#include <appserver/detail/host.hpp>

namespace appserver {

// Writes to the server's error log. The server adds the time, the slot and the generation, filters
// by --log-level, and escapes control bytes, so that text from a client may be logged as it is.
//
// A small value: copy it freely. Get one from App::log(), Request::log() or Worker::log(); it is
// valid for the life of the process. [zygote] [worker]
//
//   app.on_load([log = app.log()] { log.info("price list read"); });
class Log {
 public:
  explicit Log(detail::Host host) noexcept : host_(host) {}

  // Each writes one record of that level. Never throws; a record that cannot be written is lost.
  void debug(std::string_view message) const noexcept { write(APPSERVER_LOG_DEBUG, message); }
  void info(std::string_view message) const noexcept { write(APPSERVER_LOG_INFO, message); }
  void warning(std::string_view message) const noexcept { write(APPSERVER_LOG_WARNING, message); }
  void error(std::string_view message) const noexcept { write(APPSERVER_LOG_ERROR, message); }

 private:
  void write(std::int32_t level, std::string_view message) const noexcept {
    host_.log(level, message);
  }

  detail::Host host_;
};

}  // namespace appserver
