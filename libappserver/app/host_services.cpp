#include "app/host_services.h"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace appserver::app {
namespace {

std::string_view view_of(appserver_str text) noexcept {
  return text.data == nullptr ? std::string_view{} : std::string_view{text.data, text.size};
}

std::int32_t refuse_to_respond(appserver_exchange* /*exchange*/,
                               const appserver_response* /*response*/) noexcept {
  return APPSERVER_FAILED;
}

appserver_str empty_text(appserver_exchange* /*exchange*/) noexcept {
  return {nullptr, 0};
}

}  // namespace

HostServices::ExchangeCalls HostServices::refusing_calls() noexcept {
  return {.respond = refuse_to_respond, .peer = empty_text, .request_id = empty_text};
}

HostServices::HostServices(std::string server_version, LogSink log, ExchangeCalls calls,
                           ExtensionLookup extensions)
    : server_version_(std::move(server_version)),
      log_(std::move(log)),
      extensions_(std::move(extensions)),
      table_{.host = {.size = sizeof(appserver_host),
                      .abi_major = APPSERVER_ABI_MAJOR,
                      .abi_minor = APPSERVER_ABI_MINOR,
                      .server_version = server_version_.c_str(),
                      .log = on_log,
                      .report_error = on_report_error,
                      .respond = calls.respond,
                      .peer = calls.peer,
                      .request_id = calls.request_id,
                      .get_extension = on_get_extension},
             .self = this} {
  static_assert(std::is_standard_layout_v<Table>);
}

void HostServices::set_log_sink(LogSink log) {
  log_ = std::move(log);
}

std::string HostServices::take_reported_error() {
  if (!any_reported_.load(std::memory_order_acquire)) {
    return {};
  }
  const std::lock_guard lock(reported_mutex_);
  const auto mine = reported_.extract(std::this_thread::get_id());
  any_reported_.store(!reported_.empty(), std::memory_order_release);
  return mine.empty() ? std::string{} : std::move(mine.mapped());
}

HostServices& HostServices::behind(const appserver_host* host) noexcept {
  return *reinterpret_cast<const Table*>(host)->self;
}

// A full memory is the only way in which the three below can throw; the app's words are lost then,
// but no exception may cross the ABI.

void HostServices::on_log(const appserver_host* host, std::int32_t level,
                          appserver_str message) noexcept {
  try {
    const HostServices& self = behind(host);
    if (self.log_) {
      self.log_(std::clamp(level, APPSERVER_LOG_DEBUG, APPSERVER_LOG_ERROR), view_of(message));
    }
  } catch (...) {
  }
}

void HostServices::on_report_error(const appserver_host* host, appserver_str why) noexcept {
  try {
    HostServices& self = behind(host);
    const std::lock_guard lock(self.reported_mutex_);
    self.reported_[std::this_thread::get_id()] = view_of(why);
    self.any_reported_.store(true, std::memory_order_release);
  } catch (...) {
  }
}

const void* HostServices::on_get_extension(const appserver_host* host, const char* name) noexcept {
  try {
    const HostServices& self = behind(host);
    return self.extensions_ && name != nullptr ? self.extensions_(name) : nullptr;
  } catch (...) {
    return nullptr;
  }
}

}  // namespace appserver::app
