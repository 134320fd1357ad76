#include "observe/crash_report.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <signal.h>
#include <string_view>

#include "base/signal_name.h"

namespace appserver::observe {
namespace {

struct Cause {
  int signal;
  int code;
  std::string_view text;
};

// sigaction(2), "The siginfo_t argument to a SA_SIGINFO handler".
constexpr std::array kCauses = {
    Cause{SIGSEGV, SEGV_MAPERR, "address not mapped"},
    Cause{SIGSEGV, SEGV_ACCERR, "access not allowed"},
    // x86 does not tell which one.
    Cause{SIGSEGV, SI_KERNEL, "address not possible"},
    Cause{SIGBUS, BUS_ADRALN, "address not aligned"},
    Cause{SIGBUS, BUS_ADRERR, "no memory behind the address: a mapped file became shorter"},
    Cause{SIGBUS, BUS_OBJERR, "hardware error"},
    Cause{SIGFPE, FPE_INTDIV, "integer divided by zero"},
    Cause{SIGFPE, FPE_INTOVF, "integer overflow"},
    Cause{SIGFPE, FPE_FLTDIV, "floating-point number divided by zero"},
    Cause{SIGILL, ILL_ILLOPC, "no such instruction"},
    Cause{SIGILL, ILL_ILLOPN, "no such operand"},
    Cause{SIGILL, ILL_PRVOPC, "instruction not allowed"},
};

bool is_about_address(int signal) {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE;
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0: all of it.
}

std::string describe(const StackFrame& frame) {
  std::string text = frame.function.empty() ? hex_text(frame.address) : frame.function;
  if (!frame.file.empty()) {
    text += " at " + frame.file;
    if (frame.line != 0) {
      text += ":" + std::to_string(frame.line);
    }
  }
  if (!frame.module.empty()) {
    text += " (" + std::string(file_name(frame.module)) + "+" + hex_text(frame.offset) + ")";
  }
  return text;
}

}  // namespace

std::string cause_of(const ipc::CrashRecord::Event& event) {
  if (event.kind == ipc::EndKind::Timeout) {
    return {};
  }
  const auto found = std::find_if(kCauses.begin(), kCauses.end(), [&](const Cause& cause) {
    return cause.signal == event.signal && cause.code == event.code;
  });
  if (found != kCauses.end()) {
    return std::string(found->text);
  }
  // SI_TKILL is what abort(3) and raise(3) do.
  return event.code == SI_USER || event.code == SI_QUEUE
             ? "sent by process " + std::to_string(event.sender)
             : "";
}

std::optional<std::uint64_t> fault_address_of(const ipc::CrashRecord::Event& event) {
  if (event.kind == ipc::EndKind::Timeout || !is_about_address(event.signal) || event.code <= 0 ||
      event.code == SI_KERNEL) {
    return std::nullopt;
  }
  return event.fault_address;
}

std::string hex_text(std::uint64_t number) {
  std::array<char, 16> digits;
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return "0x" + std::string(digits.data(), written.ptr);
}

std::vector<std::string> stack_lines(const CrashReport& report) {
  const std::vector<StackFrame>& stack = report.stack;
  const auto last_of_app = std::find_if(stack.rbegin(), stack.rend(), [&](const auto& frame) {
    return !frame.module.empty() && frame.module == report.app;
  });
  const auto end = last_of_app == stack.rend() ? stack.end() : last_of_app.base();
  std::vector<std::string> lines;
  for (auto frame = stack.begin(); frame != end;) {
    const auto other = std::find_if(frame, end, [&](const StackFrame& next) {
      return next.address != frame->address || next.function != frame->function;
    });
    std::string& line =
        lines.emplace_back("#" + std::to_string(frame - stack.begin()) + " " + describe(*frame) +
                           (frame->is_inlined ? " inlined" : ""));
    if (other - frame > 1) {
      line += ", and so on to #" + std::to_string(other - stack.begin() - 1);
    }
    frame = other;
  }
  if (end != stack.end()) {
    lines.push_back("and " + std::to_string(stack.end() - end) + " more, which called the app");
  }
  return lines;
}

}  // namespace appserver::observe
