#include "observe/crash_report.h"

#include <chrono>
#include <signal.h>
#include <string>

#include <boost/json.hpp>
#include <doctest/doctest.h>

namespace appserver::observe {
namespace {

ipc::CrashRecord::Event event_of(int signal, int code) {
  ipc::CrashRecord::Event event;
  event.kind = ipc::EndKind::Crash;
  event.signal = signal;
  event.code = code;
  event.sender = 812;
  event.fault_address = 0x10;
  return event;
}

StackFrame frame_of(std::string module, std::string function, std::uint64_t address) {
  StackFrame frame;
  frame.address = address;
  frame.module = std::move(module);
  frame.offset = address % 0x1000;
  frame.function = std::move(function);
  return frame;
}

CrashReport report_with(std::vector<StackFrame> stack) {
  CrashReport report;
  report.app = "/srv/app.so";
  report.stack = std::move(stack);
  return report;
}

TEST_CASE("cause_of: the kernel's codes as words, and who sent a signal") {
  CHECK(cause_of(event_of(SIGSEGV, SEGV_MAPERR)) == "address not mapped");
  CHECK(cause_of(event_of(SIGFPE, FPE_INTDIV)) == "integer divided by zero");
  CHECK(cause_of(event_of(SIGSEGV, SI_USER)) == "sent by process 812");
  CHECK(cause_of(event_of(SIGABRT, SI_TKILL)).empty());
}

TEST_CASE("fault_address_of: there is one only when the kernel gave it") {
  CHECK(fault_address_of(event_of(SIGSEGV, SEGV_MAPERR)) == 0x10U);
  CHECK_FALSE(fault_address_of(event_of(SIGSEGV, SI_USER)).has_value());
  CHECK_FALSE(fault_address_of(event_of(SIGSEGV, SI_KERNEL)).has_value());
  CHECK_FALSE(fault_address_of(event_of(SIGABRT, SI_TKILL)).has_value());
}

TEST_CASE("stack_lines: function, place in the source, and place in the file") {
  StackFrame frame = frame_of("/srv/app.so", "crash(int)", 0x7f0000001234);
  frame.file = "app.cpp";
  frame.line = 25;
  CHECK(stack_lines(report_with({frame})).at(0) == "#0 crash(int) at app.cpp:25 (app.so+0x234)");
  frame.is_inlined = true;
  CHECK(stack_lines(report_with({frame})).at(0).ends_with(" inlined"));
  CHECK(stack_lines(report_with({frame_of("", "", 0xdead)})).at(0) == "#0 0xdead");
}

TEST_CASE("stack_lines: a function that calls itself is told once") {
  const auto lines = stack_lines(
      report_with({frame_of("/srv/app.so", "f()", 0x1001), frame_of("/srv/app.so", "f()", 0x1002),
                   frame_of("/srv/app.so", "f()", 0x1002), frame_of("/srv/app.so", "f()", 0x1002),
                   frame_of("/srv/app.so", "main()", 0x1003)}));
  REQUIRE(lines.size() == 3);
  CHECK(lines[1] == "#1 f() (app.so+0x2), and so on to #3");
  CHECK(lines[2] == "#4 main() (app.so+0x3)");
}

TEST_CASE("stack_lines: what called the app is counted only; without the app all is told") {
  const auto lines = stack_lines(report_with(
      {frame_of("/lib/libc.so.6", "abort", 0x1001), frame_of("/srv/app.so", "handle", 0x2002),
       frame_of("appserverd", "answer", 0x3003), frame_of("appserverd", "main", 0x3004)}));
  REQUIRE(lines.size() == 3);
  CHECK(lines[1].find("handle") != std::string::npos);
  CHECK(lines[2] == "and 2 more, which called the app");
  CHECK(stack_lines(report_with({frame_of("appserverd", "answer", 0x3003),
                                 frame_of("appserverd", "main", 0x3004)}))
            .size() == 2);
}

TEST_CASE("to_json: everything that is known, on one line, whatever bytes it holds") {
  CrashReport report = report_with({frame_of("/srv/app.so", "crash(\"\n\xff\")", 0x1234)});
  report.when = std::chrono::system_clock::time_point{} + std::chrono::milliseconds(1'005);
  report.signal = SIGSEGV;
  report.cause = "address not mapped";
  report.fault_address = 0x10;
  report.pid = 812;
  report.slot = 3;
  report.generation = 2;
  report.in_handler = true;
  report.request = CrashReport::Request{"GET", "/a?\"\n", "id-1", "192.0.2.7:4711", 0.25};
  const std::string text = to_json(report);
  CHECK(text.find('\n') == std::string::npos);
  const auto json = boost::json::parse(text).as_object();
  CHECK(json.at("event").as_string() == "crash");
  CHECK(json.at("time").as_string() == "1970-01-01T00:00:01.005Z");
  CHECK(json.at("signal").as_string() == "SIGSEGV");
  CHECK(json.at("fault_address").as_string() == "0x10");
  CHECK(json.at("slot").as_int64() == 3);
  CHECK(json.at("request").at("id").as_string() == "id-1");
  CHECK(json.at("request").at("target").as_string() == "/a?\"\n");
  CHECK(json.at("stack").at(0).at("function").as_string() == "crash(\"\n\\xFF\")");
  CHECK(json.at("request").at("seconds_in_handler").as_double() == 0.25);
  CHECK(json.at("stack").at(0).at("module").as_string() == "/srv/app.so");
  CHECK(json.at("stack").at(0).at("offset").as_string() == "0x234");
}

TEST_CASE("to_json: a timeout has no signal, and what is not known is left out") {
  CrashReport report;
  report.kind = ipc::EndKind::Timeout;
  const auto json = boost::json::parse(to_json(report)).as_object();
  CHECK(json.at("event").as_string() == "timeout");
  CHECK(json.at("stack").as_array().empty());
  for (const char* key : {"signal", "fault_address", "request", "ended_by", "cause"}) {
    CAPTURE(key);
    CHECK_FALSE(json.contains(key));
  }
}

}  // namespace
}  // namespace appserver::observe
