#pragma once

#include <array>
#include <fcntl.h>
#include <signal.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/unique_fd.h"

// Things that logs are written to. The descriptors are in blocking mode, as an inherited standard
// error is: a test that waits here has found a mistake.
namespace appserver::observe {

// Whatever can be read from `fd` now.
inline std::string drain(int fd) {
  std::string text;
  std::array<char, 4096> part;
  for (ssize_t got; (got = ::read(fd, part.data(), part.size())) > 0;) {
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  return text;
}

struct Pipe {
  Pipe() {
    // What the server does for its whole process; without it, EPIPE would kill the test.
    ::signal(SIGPIPE, SIG_IGN);
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
    ::fcntl(reader.get(), F_SETFL, O_NONBLOCK);
  }
  // Writes until not one byte more fits.
  void fill() const {
    ::fcntl(writer.get(), F_SETFL, O_NONBLOCK);
    while (::write(writer.get(), "x", 1) == 1) {
    }
    ::fcntl(writer.get(), F_SETFL, 0);
  }
  [[nodiscard]] std::string read() const { return drain(reader.get()); }

  UniqueFd reader;
  UniqueFd writer;
};

// A file without a name.
struct MemoryFile {
  MemoryFile() : fd(::memfd_create("log", MFD_CLOEXEC)) { REQUIRE(fd.is_open()); }
  [[nodiscard]] std::string content() const {
    ::lseek(fd.get(), 0, SEEK_SET);
    return drain(fd.get());
  }

  UniqueFd fd;
};

}  // namespace appserver::observe
