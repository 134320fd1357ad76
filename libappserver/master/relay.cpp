#include "master/relay.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/snapshot.h"
#include "base/errno_text.h"
#include "ipc/records.h"

namespace appserver::master {
namespace {

constexpr const char* kVariable = "APPSERVERD_UPGRADE";
constexpr const char* kOwnProgram = "/proc/self/exe";
constexpr std::array<std::string_view, 3> kTasks = {"probe", "take-over", "go-back"};

bool is_running_file(const std::string& path) {
  struct stat candidate {};
  struct stat running {};
  return ::stat(path.c_str(), &candidate) == 0 && ::stat(kOwnProgram, &running) == 0 &&
         candidate.st_dev == running.st_dev && candidate.st_ino == running.st_ino;
}

// The first file in PATH that is the one that runs.
std::string find_in_path(const std::string& name) {
  const char* variable = std::getenv("PATH");
  std::string_view rest = variable == nullptr ? "" : variable;
  while (!rest.empty()) {
    const std::size_t length = std::min(rest.find(':'), rest.size());
    const std::string folder(rest.substr(0, length));
    rest.remove_prefix(std::min(length + 1, rest.size()));
    std::string path = app::absolute_path((folder.empty() ? "." : folder) + "/" + name);
    if (is_running_file(path)) {
      return path;
    }
  }
  return "";
}

std::string text_of(const UpgradeOrder& order) {
  std::string text(kTasks[static_cast<std::size_t>(order.task)]);
  text += ":" + std::to_string(order.state);
  if (order.old_program >= 0) {
    text += ":" + std::to_string(order.old_program);
  }
  return text;
}

// Takes ":NUMBER" off the front.
bool take_number(std::string_view& text, int& number) {
  if (!text.starts_with(':')) {
    return false;
  }
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc{} && number >= 0;
}

std::optional<UpgradeOrder> order_of(std::string_view text) {
  for (std::size_t task = 0; task < kTasks.size(); ++task) {
    if (!text.starts_with(kTasks[task])) {
      continue;
    }
    UpgradeOrder order;
    order.task = static_cast<UpgradeOrder::Task>(task);
    text.remove_prefix(kTasks[task].size());
    if (take_number(text, order.state) &&
        (order.task == UpgradeOrder::Task::Probe || take_number(text, order.old_program)) &&
        text.empty()) {
      return order;
    }
  }
  return std::nullopt;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) {
    pointers.push_back(text.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

std::string program_path(const std::string& name) {
  std::string path =
      name.find('/') == std::string::npos ? find_in_path(name) : app::absolute_path(name);
  if (!path.empty() && is_running_file(path)) {
    return path;
  }
  std::error_code error;
  return std::filesystem::read_symlink(kOwnProgram, error).string();
}

Result<std::optional<UpgradeOrder>> take_upgrade_order() {
  const char* const value = std::getenv(kVariable);
  if (value == nullptr) {
    return std::optional<UpgradeOrder>{};
  }
  const auto order = order_of(value);
  const std::string told = value;
  ::unsetenv(kVariable);
  if (!order) {
    return failure(std::string(kVariable) + "=" + told +
                   " is no order of a running server; do not set this variable");
  }
  return order;
}

Result<UniqueFd> write_state_file(std::string_view text) {
  UniqueFd file(::memfd_create("appserverd state", MFD_CLOEXEC));
  while (file.is_open() && !text.empty()) {
    const ssize_t count = ::write(file.get(), text.data(), text.size());
    if (count <= 0) {
      break;
    }
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (!file.is_open() || !text.empty()) {
    return failure("cannot write the state of the server down: " + errno_text(errno));
  }
  return file;
}

Result<std::string> read_state_file(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size < 0 ||
      static_cast<std::size_t>(status.st_size) > ipc::kMostRecordBytes) {
    return failure("descriptor " + std::to_string(fd) + " holds no state of a server");
  }
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t got = 0;
  while (got < text.size()) {
    const ssize_t count =
        ::pread(fd, text.data() + got, text.size() - got, static_cast<off_t>(got));
    if (count <= 0) {
      return failure("cannot read the state of the server: " + errno_text(errno));
    }
    got += static_cast<std::size_t>(count);
  }
  return text;
}

Result<Ok> check_open(std::span<const int> fds) {
  for (const int fd : fds) {
    if (::fcntl(fd, F_GETFD) < 0) {
      return failure("descriptor " + std::to_string(fd) + " of the running server is not open");
    }
  }
  return ok();
}

void set_close_on_exec(std::span<const int> fds, bool close) noexcept {
  for (const int fd : fds) {
    ::fcntl(fd, F_SETFD, close ? FD_CLOEXEC : 0);
  }
}

ExecImage::ExecImage(const Program& program, const UpgradeOrder& order)
    : arguments_(program.arguments) {
  for (char** variable = environ; *variable != nullptr; ++variable) {
    environment_.emplace_back(*variable);
  }
  // The last one: the process title is written over arguments and environment as long as there is
  // no gap between them, which removing this one will make.
  environment_.push_back(std::string(kVariable) + "=" + text_of(order));
  argument_pointers_ = pointers_to(arguments_);
  environment_pointers_ = pointers_to(environment_);
}

int ExecImage::execute(const char* path) const noexcept {
  ::execve(path, argument_pointers_.data(), environment_pointers_.data());
  return errno;
}

int ExecImage::execute(int program_fd) const noexcept {
  ::execveat(program_fd, "", argument_pointers_.data(), environment_pointers_.data(),
             AT_EMPTY_PATH);
  return errno;
}

}  // namespace appserver::master
