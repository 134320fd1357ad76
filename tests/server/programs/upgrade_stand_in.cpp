// Stands in for an appserverd that another one upgrades to, and that is bad in the way which the
// file `mode` beside it names. What it does not do itself it leaves to the real program.
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace {

constexpr const char* kVariable = "APPSERVERD_UPGRADE";
// The true state and the true old program, while the real program has others.
constexpr const char* kTruth = "STAND_IN_TRUTH";

std::string mode_beside(const std::string& program) {
  std::ifstream file(program.substr(0, program.rfind('/')) + "/mode");
  return {std::istreambuf_iterator<char>(file), {}};
}

// An order: TASK:STATE, or TASK:STATE:OLD with the program that was there before.
struct Order {
  explicit Order(const std::string& text) {
    std::istringstream parts(text);
    std::getline(parts, task, ':');
    char colon = 0;
    parts >> state >> colon >> old;
  }
  void give() const {
    const std::string text =
        task + ":" + std::to_string(state) + (old < 0 ? std::string() : ":" + std::to_string(old));
    ::setenv(kVariable, text.c_str(), 1);
  }

  std::string task;
  int state = -1;
  int old = -1;
};

std::string read_all(int fd) {
  std::ifstream file("/proc/self/fd/" + std::to_string(fd));
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_all(int fd, const std::string& text) {
  if (::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    std::_Exit(1);
  }
}

// The real program gets this state instead. When it gives up, this one is put back.
void replace_state(Order order, const std::string& from, const std::string& to) {
  std::string text = read_all(order.state);
  text.replace(text.find(from), from.size(), to);
  ::setenv(kTruth, (std::to_string(order.state) + " " + std::to_string(order.old)).c_str(), 1);
  order.state = ::memfd_create("stand-in", 0);
  write_all(order.state, text);
  if (order.old >= 0) {
    order.old = ::open("/proc/self/exe", O_PATH);
  }
  order.give();
}

// The real program gave up: its last line, which says why, belongs to the true state.
[[noreturn]] void go_back(Order order, char** argv) {
  const std::string text = read_all(order.state);
  ::close(order.state);
  ::close(order.old);
  std::istringstream(std::getenv(kTruth)) >> order.state >> order.old;
  ::unsetenv(kTruth);
  write_all(order.state, text.substr(text.rfind('\n', text.size() - 2) + 1));
  order.give();
  ::execveat(order.old, "", argv, environ, AT_EMPTY_PATH);
  std::_Exit(127);
}

// The signal comes as soon as the real program lets it in.
void leave_pending(int signal) {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  ::raise(signal);
}

}  // namespace

int main(int, char** argv) {
  const std::string mode = mode_beside(argv[0]);
  const Order order(std::getenv(kVariable) == nullptr ? "" : std::getenv(kVariable));
  const bool is_probe = order.task == "probe";
  if (order.task == "go-back") {
    go_back(order, argv);
  } else if (is_probe && mode == "other protocol") {
    replace_state(order, " protocol=", " protocol=9");
  } else if (is_probe && mode == "dies") {
    ::signal(SIGSEGV, SIG_DFL);  // A sanitizer would make an exit of it.
    ::raise(SIGSEGV);
  } else if (is_probe && mode == "hangs") {
    std::cerr << "thinking" << std::endl;
    ::pause();
  } else if (is_probe && mode == "leaves its children") {
    if (::fork() == 0) {
      ::pause();
    }
    std::_Exit(3);
  } else if (!is_probe && mode == "gets garbage") {
    replace_state(order, "end\n", "\x01\n");
  } else if (!is_probe && mode == "gets another process") {
    replace_state(order, "zygote_process generation=1 pid=", "zygote_process generation=1 pid=9");
  } else if (!is_probe && mode == "crashes") {
    leave_pending(SIGSEGV);
  } else if (!is_probe && mode == "takes too long") {
    leave_pending(SIGALRM);
  }
  ::execv(APPSERVERD_BINARY, argv);
  return 127;
}
