#include "observe/app_log.h"

#include <cstdint>
#include <string_view>

namespace appserver::observe {
namespace {

config::LogLevel level_of(std::int32_t abi_level) {
  switch (abi_level) {
    case APPSERVER_LOG_DEBUG:
      return config::LogLevel::Debug;
    case APPSERVER_LOG_INFO:
      return config::LogLevel::Info;
    case APPSERVER_LOG_WARNING:
      return config::LogLevel::Warning;
    default:
      return config::LogLevel::Error;
  }
}

}  // namespace

app::HostServices::LogSink log_sink(Log& log, const std::string& mount) {
  if (mount.empty()) {
    return [&log](std::int32_t level, std::string_view message) {
      log.write(level_of(level), message);
    };
  }
  return [&log, mount](std::int32_t level, std::string_view message) {
    log.write(level_of(level), message, {{"mount", std::string_view(mount)}});
  };
}

}  // namespace appserver::observe
