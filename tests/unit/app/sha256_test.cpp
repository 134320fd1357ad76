#include "app/sha256.h"

#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/unique_fd.h"

namespace appserver::app {
namespace {

std::string digest_of(const std::string& bytes) {
  const UniqueFd file(::memfd_create("test", MFD_CLOEXEC));
  REQUIRE(::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  return sha256_of(file.get()).value();
}

}  // namespace

// FIPS 180-4, the examples of NIST.
TEST_CASE("SHA-256: the digests of the standard's examples") {
  CHECK(digest_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(digest_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(digest_of(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256: a file that cannot be read is an error") {
  CHECK_FALSE(sha256_of(-1).has_value());
}

}  // namespace appserver::app
