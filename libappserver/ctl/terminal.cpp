#include "ctl/terminal.h"

#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <limits>
#include <signal.h>
#include <string>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

namespace appserver::ctl {
namespace {

sigset_t set_of(std::initializer_list<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) {
    ::sigaddset(&set, signal);
  }
  return set;
}

const sigset_t& awaited() {
  static const sigset_t kSet = set_of({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH});
  return kSet;
}

}  // namespace

bool output_is_terminal() {
  return ::isatty(STDOUT_FILENO) == 1;
}

Style output_style() {
  if (!output_is_terminal()) {
    return {false, std::numeric_limits<unsigned>::max()};
  }
  winsize size{};
  const bool is_known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  const char* const no_color = std::getenv("NO_COLOR");
  return {no_color == nullptr || *no_color == '\0', is_known ? size.ws_col : 80U};
}

void write_output(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void write_complaint(std::string_view text) {
  const std::string line = "appserverd ctl: " + std::string(text) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

Screen::Screen() {
  ::pthread_sigmask(SIG_BLOCK, &awaited(), nullptr);
  write_output("\x1b[?1049h\x1b[?25l");  // The alternate screen, without a cursor.
}

Screen::~Screen() {
  write_output("\x1b[?25h\x1b[?1049l");
  ::pthread_sigmask(SIG_UNBLOCK, &awaited(), nullptr);
}

void Screen::show(std::string_view page) {
  write_output("\x1b[H\x1b[J" + std::string(page));
}

bool Screen::wait() {
  const timespec second{1, 0};
  const int signal = ::sigtimedwait(&awaited(), nullptr, &second);
  return signal < 0 || signal == SIGWINCH;
}

}  // namespace appserver::ctl
