#include "worker/black_box.h"

#include <chrono>
#include <cstdint>
#include <dlfcn.h>
#include <link.h>
#include <string_view>
#include <sys/uio.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

namespace appserver::worker {
namespace {

using Address = std::uintptr_t;

// The registers of the interrupted code that a stack begins with. Changing them changes where the
// unwinder believes that it was.
class Registers {
 public:
  explicit Registers(void* context) noexcept
      : registers_(static_cast<ucontext_t*>(context)->uc_mcontext) {}

  [[nodiscard]] Address pc() const noexcept;
  // As if the function that was called last had returned at once. Returns: whether it could be
  // done.
  [[nodiscard]] bool step_out() noexcept;

 private:
  mcontext_t& registers_;
};

#if defined(__x86_64__)
Address Registers::pc() const noexcept {
  return static_cast<Address>(registers_.gregs[REG_RIP]);
}

bool Registers::step_out() noexcept {
  Address back = 0;
  const iovec here{&back, sizeof back};
  // The stack pointer may be anything: the kernel reads it, and does not die of it.
  const iovec there{reinterpret_cast<void*>(registers_.gregs[REG_RSP]), sizeof back};
  if (::process_vm_readv(::getpid(), &here, 1, &there, 1, 0) != sizeof back) {
    return false;
  }
  registers_.gregs[REG_RIP] = static_cast<greg_t>(back);
  registers_.gregs[REG_RSP] += static_cast<greg_t>(sizeof back);
  return true;
}
#elif defined(__aarch64__)
Address Registers::pc() const noexcept {
  return registers_.pc;
}

bool Registers::step_out() noexcept {
  registers_.pc = registers_.regs[30];  // The link register.
  return true;
}
#else
#error "where this machine keeps its program counter has to be said here"
#endif

// Which file the code is from. Not dladdr(3), which is not async-signal-safe; this one is said to
// be (the GNU C Library manual, "Dynamic Linker Introspection"). Null data: from none.
std::string_view module_of(Address address, ipc::CodeFrame& frame) noexcept {
  dl_find_object found{};
  if (::_dl_find_object(reinterpret_cast<void*>(address), &found) != 0 ||
      found.dlfo_link_map == nullptr) {
    return {};
  }
  frame.offset = address - found.dlfo_link_map->l_addr;
  return found.dlfo_link_map->l_name;
}

// Returns: whether there is room for more.
bool add(ipc::CrashRecord& record, Address address, bool is_exact) noexcept {
  ipc::CodeFrame frame{address, 0, ipc::CodeFrame::kNoModule, is_exact ? 1U : 0U};
  const std::string_view module = module_of(address, frame);
  return record.add(frame, module);
}

struct Walk {
  ipc::CrashRecord& record;
  Address start;
  bool is_past_start;
};

// The unwinder begins in the signal handler; what counts begins behind the interrupted place.
_Unwind_Reason_Code visit(_Unwind_Context* context, void* argument) noexcept {
  Walk& walk = *static_cast<Walk*>(argument);
  int is_exact = 0;
  const Address address = ::_Unwind_GetIPInfo(context, &is_exact);
  if (address == 0) {
    return _URC_END_OF_STACK;
  }
  if (!walk.is_past_start) {
    walk.is_past_start = address == walk.start;
    return _URC_NO_REASON;
  }
  return add(walk.record, address, is_exact != 0) ? _URC_NO_REASON : _URC_END_OF_STACK;
}

}  // namespace

void record_signal(ipc::CrashRecord& record, ipc::EndKind kind, const siginfo_t& signal,
                   bool in_handler) noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  ipc::CrashRecord::Event event;
  event.kind = kind;
  event.signal = signal.si_signo;
  event.code = signal.si_code;
  event.thread = ::gettid();
  event.in_handler = in_handler ? 1 : 0;
  event.when = TimePoint{std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec}};
  if (signal.si_code <= 0) {  // Sent by a process: the two share their place (sigaction(2)).
    event.sender = signal.si_pid;
  } else {
    event.fault_address = reinterpret_cast<Address>(signal.si_addr);
  }
  record.begin(event);
}

void record_stack(ipc::CrashRecord& record, void* context) noexcept {
  const mcontext_t before = static_cast<ucontext_t*>(context)->uc_mcontext;
  Registers registers(context);
  ipc::CodeFrame nowhere;
  add(record, registers.pc(), true);
  // Code that is in no file was a call of something that is no function: a null pointer, or what
  // was an object once. No unwinder knows that place, but its caller is where the call returns to.
  if (module_of(registers.pc(), nowhere).data() == nullptr && registers.step_out()) {
    add(record, registers.pc(), false);
  }
  Walk walk{record, registers.pc(), false};
  // libgcc's unwinder reads the tables that the compiler makes for exceptions. It finds them by
  // _dl_find_object and takes no lock, unless the app registers code that it made at run time.
  ::_Unwind_Backtrace(&visit, &walk);
  static_cast<ucontext_t*>(context)->uc_mcontext = before;
}

}  // namespace appserver::worker
