#include "base/unique_fd.h"

#include <fcntl.h>
#include <utility>

#include <doctest/doctest.h>

namespace appserver {
namespace {

bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

int open_something() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

TEST_CASE("UniqueFd: closes its descriptor when it dies") {
  const int fd = open_something();
  { const UniqueFd owner(fd); }
  CHECK_FALSE(is_open(fd));
}

TEST_CASE("UniqueFd: a move leaves exactly one owner") {
  UniqueFd first(open_something());
  const int fd = first.get();
  UniqueFd second(std::move(first));
  CHECK(second.get() == fd);
  CHECK(is_open(fd));
  UniqueFd third(open_something());
  const int replaced = third.get();
  third = std::move(second);
  CHECK(third.get() == fd);
  CHECK_FALSE(is_open(replaced));
}

TEST_CASE("UniqueFd: release gives the descriptor up unclosed") {
  UniqueFd owner(open_something());
  const int fd = owner.release();
  CHECK_FALSE(owner.is_open());
  CHECK(is_open(fd));
  ::close(fd);
}

}  // namespace
}  // namespace appserver
