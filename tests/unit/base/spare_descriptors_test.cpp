#include "base/spare_descriptors.h"

#include <sys/resource.h>
#include <unistd.h>

#include <doctest/doctest.h>

using appserver::SpareDescriptors;
using appserver::UniqueFd;

namespace {

UniqueFd another() {
  return UniqueFd(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
}

// As long as it lives, this process finds room for `free` more descriptors.
class RoomFor {
 public:
  explicit RoomFor(rlim_t free) {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    rlimit low = before_;
    low.rlim_cur = static_cast<rlim_t>(another().get()) + free;  // The lowest one that is free.
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  }
  ~RoomFor() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  RoomFor(const RoomFor&) = delete;
  RoomFor& operator=(const RoomFor&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("SpareDescriptors: what is given up is room for others") {
  const RoomFor room(2);
  SpareDescriptors<2> spares(STDIN_FILENO);
  CHECK(spares.take());
  CHECK(spares.take());  // They are there already.
  CHECK_FALSE(another().is_open());
  spares.give_up();
  const UniqueFd first = another();
  const UniqueFd second = another();
  CHECK(first.is_open());
  CHECK(second.is_open());
  CHECK_FALSE(spares.take());
}

TEST_CASE("SpareDescriptors: taking them fails until there is room for all") {
  SpareDescriptors<2> spares(STDIN_FILENO);
  {
    const RoomFor room(1);
    CHECK_FALSE(spares.take());
    CHECK_FALSE(another().is_open());  // It holds the one that was there.
  }
  CHECK(spares.take());
}
