#include "master/fallback.h"

#include <array>
#include <atomic>
#include <signal.h>
#include <string_view>
#include <unistd.h>

#include "base/errno_text.h"
#include "base/signals.h"
#include "master/upgrade_state.h"

namespace appserver::master {
namespace {

// Taking over needs milliseconds; whatever needs longer hangs.
constexpr unsigned kPatienceSeconds = 10;

struct Danger {
  int signal;
  std::string_view refusal;  // As write_refusal() has it, which allocates.
};
constexpr std::array kDangers = {
    Danger{SIGSEGV, "refusal why=the%20new%20program%20died%20of%20SIGSEGV\n"},
    Danger{SIGBUS, "refusal why=the%20new%20program%20died%20of%20SIGBUS\n"},
    Danger{SIGFPE, "refusal why=the%20new%20program%20died%20of%20SIGFPE\n"},
    Danger{SIGILL, "refusal why=the%20new%20program%20died%20of%20SIGILL\n"},
    Danger{SIGABRT, "refusal why=the%20new%20program%20died%20of%20SIGABRT\n"},
    Danger{SIGALRM, "refusal why=the%20new%20program%20did%20not%20take%20over%20in%20time\n"}};

// A signal handler is given nothing but a number: where to look has to be global. Written before
// the handlers are installed and after they are gone.
// NOLINTBEGIN(cppcoreguidelines-avoid-non-const-global-variables)
std::atomic<const ExecImage*> way_back{nullptr};
std::atomic<int> state_file{-1};
std::atomic<int> old_program{-1};
// NOLINTEND(cppcoreguidelines-avoid-non-const-global-variables)

// Returns only when the old program cannot be executed. System calls only.
int execute_old_program(const ExecImage& image, std::string_view refusal) noexcept {
  // It would run on in the old program, which does not expect it.
  ::alarm(0);
  ::lseek(state_file.load(), 0, SEEK_END);
  // Without the reason the way back is as good.
  static_cast<void>(::write(state_file.load(), refusal.data(), refusal.size()));
  return image.execute(old_program.load());
}

void on_danger(int signal) {
  const ExecImage* const image = way_back.load();
  for (const Danger& danger : kDangers) {
    if (danger.signal == signal && image != nullptr) {
      static_cast<void>(execute_old_program(*image, danger.refusal));
    }
  }
  ::_exit(1);
}

}  // namespace

Fallback::Fallback(const Program& program, const UpgradeOrder& order)
    : image_(program, {UpgradeOrder::Task::GoBack, order.state, order.old_program}), order_(order) {
  state_file = order_.state;
  old_program = order_.old_program;
  way_back = &image_;
  for (const Danger& danger : kDangers) {
    catch_signal(danger.signal, &on_danger);
  }
  ::alarm(kPatienceSeconds);
}

Fallback::~Fallback() {
  ::alarm(0);
  for (const Danger& danger : kDangers) {
    reset_signal_disposition(danger.signal);
  }
  way_back = nullptr;
}

std::string Fallback::put_back(const std::string& why) const {
  const int error = execute_old_program(image_, write_refusal(why));
  return "the old program cannot be executed again: " + errno_text(error);
}

}  // namespace appserver::master
