#include <ctime>

#include <boost/json.hpp>

#include "base/signal_name.h"
#include "observe/crash_report.h"
#include "observe/json_text.h"

namespace appserver::observe {
namespace {

namespace json = boost::json;

json::value text(std::string_view content) {
  return json::value(printable(content));
}

void add_if_known(json::object& object, std::string_view key, std::string_view content) {
  if (!content.empty()) {
    object.emplace(key, text(content));
  }
}

// RFC 3339, in UTC and milliseconds, as in the log.
std::string time_text(std::chrono::system_clock::time_point when) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(when);
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(when - seconds).count();
  const std::time_t time = std::chrono::system_clock::to_time_t(seconds);
  std::tm utc{};
  ::gmtime_r(&time, &utc);
  std::array<char, 32> date;
  const std::string begin(date.data(),
                          std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S.", &utc));
  const std::string digits = std::to_string(1000 + milliseconds);
  return begin + digits.substr(1) + "Z";
}

json::object to_object(const StackFrame& frame) {
  json::object object;
  object.emplace("address", hex_text(frame.address));
  if (!frame.module.empty()) {
    object.emplace("module", text(frame.module));
    object.emplace("offset", hex_text(frame.offset));
  }
  add_if_known(object, "function", frame.function);
  add_if_known(object, "file", frame.file);
  if (frame.line != 0) {
    object.emplace("line", frame.line);
  }
  if (frame.is_inlined) {
    object.emplace("inlined", true);
  }
  return object;
}

json::object to_object(const CrashReport::Request& request) {
  json::object object;
  object.emplace("method", text(request.method));
  object.emplace("target", text(request.target));
  add_if_known(object, "id", request.id);
  add_if_known(object, "peer", request.peer);
  object.emplace("seconds_in_handler", request.seconds_in_handler);
  return object;
}

}  // namespace

std::string to_json(const CrashReport& report) {
  json::object object;
  object.emplace("event", report.kind == ipc::EndKind::Timeout ? "timeout" : "crash");
  object.emplace("time", time_text(report.when));
  if (report.kind != ipc::EndKind::Timeout) {
    object.emplace("signal", signal_name(report.signal));
  }
  add_if_known(object, "cause", report.cause);
  if (report.fault_address) {
    object.emplace("fault_address", hex_text(*report.fault_address));
  }
  add_if_known(object, "ended_by", report.ended_by);
  object.emplace("pid", report.pid);
  object.emplace("slot", report.slot);
  object.emplace("generation", report.generation);
  add_if_known(object, "app", report.app);
  add_if_known(object, "build_id", report.build_id);
  object.emplace("in_handler", report.in_handler);
  if (report.request) {
    object.emplace("request", to_object(*report.request));
  }
  json::array& stack = object.emplace("stack", json::array()).first->value().as_array();
  for (const StackFrame& frame : report.stack) {
    stack.emplace_back(to_object(frame));
  }
  add_if_known(object, "next", report.next);
  return json::serialize(object);
}

}  // namespace appserver::observe
