#include "master/pid_file.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <string_view>
#include <unistd.h>

#include "base/errno_text.h"
#include "base/unique_fd.h"

namespace appserver::master {
namespace {

// Whether `pid` is a master like this one; any other process that got the number by chance is not.
bool is_running_master(long pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline");
  std::string title;
  std::getline(file, title, '\0');
  return title.starts_with("appserverd: master");
}

}  // namespace

Result<PidFile> PidFile::write(std::string path) {
  long pid = 0;
  if (std::ifstream existing(path);
      existing >> pid && pid != ::getpid() && is_running_master(pid)) {
    return failure("the pid file '" + path + "' names a running server, pid " +
                   std::to_string(pid) + "; stop it first or choose another --pid");
  }
  const std::string temporary = path + "." + std::to_string(::getpid());
  const UniqueFd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                             S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH));
  const std::string text = std::to_string(::getpid()) + "\n";
  if (!file.is_open() ||
      ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    if (file.is_open()) {
      ::unlink(temporary.c_str());
    }
    return failure("cannot write the pid file '" + path + "': " + errno_text(error));
  }
  return PidFile(std::move(path));
}

PidFile::~PidFile() {
  if (!path_.empty()) {
    ::unlink(path_.c_str());
  }
}

}  // namespace appserver::master
