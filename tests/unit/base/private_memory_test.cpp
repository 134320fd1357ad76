#include "base/private_memory.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace appserver {
namespace {

constexpr const char* kRollup =
    "55d0c0-7ffd1a ---p 00000000 00:00 0  [rollup]\n"
    "Rss:                2240 kB\n"
    "Private_Clean:         8 kB\n"
    "Private_Dirty:       164 kB\n"
    "Swap:                  0 kB\n"
    "SwapPss:              12 kB\n";

TEST_CASE("sum_of_fields: adds two fields up, wherever they stand") {
  CHECK(sum_of_fields(kRollup, "Private_Dirty:", "SwapPss:") == (164 + 12) * 1024);
  CHECK(sum_of_fields("Rss: 3 kB\n", "Rss:", "Rss:") == 6 * 1024);
}

TEST_CASE("sum_of_fields: the end of another name is not the name") {
  CHECK(sum_of_fields("XRss: 9 kB\nRss: 3 kB\nPss: 1 kB\n", "Rss:", "Pss:") == 4 * 1024);
}

TEST_CASE("sum_of_fields: a field that is missing or no number gives nothing") {
  CHECK_FALSE(sum_of_fields(kRollup, "Private_Dirty:", "Nothing:").has_value());
  CHECK_FALSE(sum_of_fields("", "Rss:", "Pss:").has_value());
  CHECK_FALSE(sum_of_fields("Rss:", "Rss:", "Rss:").has_value());
  CHECK_FALSE(sum_of_fields("Rss: many kB\n", "Rss:", "Rss:").has_value());
}

TEST_CASE("private_memory: what is allocated and written counts, and more is mapped") {
  const auto before = private_memory();
  REQUIRE(before.has_value());
  constexpr std::size_t kSize = 32 * 1024 * 1024;
  const std::vector<char> block(kSize, 'x');
  const auto with_block = private_memory();
  REQUIRE(with_block.has_value());
  CHECK(*with_block >= *before + kSize * 9 / 10);
  CHECK(mapped_memory() >= with_block);
  CHECK(block[kSize / 2] == 'x');
}

}  // namespace
}  // namespace appserver
