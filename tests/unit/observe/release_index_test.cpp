#include "observe/release_index.h"

#include <doctest/doctest.h>

namespace appserver::observe {
namespace {

const std::string kDigest(64, 'a');

KeptRelease release(unsigned number) {
  KeptRelease release;
  release.number = number;
  release.files = {{"/srv/app.so", kDigest, 1234}, {"/srv/lib.so", std::string(64, 'b'), 9}};
  release.build_id = "c0ffee";
  release.name = "notes \"quoted\"";
  release.version = "1.2";
  release.who = "ctl, uid 1000";
  release.taken_at = 1'700'000'000;
  release.outcome = "failed";
  release.why = "no\nluck";
  return release;
}

ReleaseIndex index_of(unsigned count) {
  ReleaseIndex index;
  for (unsigned number = 1; number <= count; ++number) {
    index.releases.push_back(release(number));
  }
  index.next = count + 1;
  return index;
}

}  // namespace

TEST_CASE("ReleaseIndex: what is written is read back") {
  ReleaseIndex index = index_of(3);
  index.standing["/"] = {3, 1};
  index.standing["api.example.com/v1"] = {2, std::nullopt};
  index.releases[1].mount = "api.example.com/v1";
  const auto read = read_index(write_index(index));
  REQUIRE(read.has_value());
  CHECK(*read == index);
  CHECK(*read_index(write_index({})) == ReleaseIndex{});
}

TEST_CASE("ReleaseIndex: text that is none of ours is an error") {
  const std::string good = write_index(index_of(1));
  CHECK_FALSE(read_index("").has_value());
  CHECK_FALSE(read_index("[]").has_value());
  CHECK_FALSE(read_index("{}").has_value());
  for (std::size_t size = 0; size + 2 < good.size(); size += 7) {
    CHECK_FALSE(read_index(good.substr(0, size)).has_value());
  }
  std::string newer = good;
  newer.replace(newer.find("\"format\":2"), 10, "\"format\":9");
  CHECK_FALSE(read_index(newer).has_value());
}

TEST_CASE("ReleaseIndex: a digest that could name a file elsewhere is refused") {
  std::string text = write_index(index_of(1));
  text.replace(text.find(kDigest), 64, std::string(64 - 12, '.') + "/etc/passwd/");
  CHECK_FALSE(read_index(text).has_value());
}

TEST_CASE("ReleaseIndex: the oldest are dropped; the live, the previous and the newest one never") {
  ReleaseIndex index = index_of(6);
  index.standing["/"] = {2, 1};
  prune(index, 3);
  REQUIRE(index.releases.size() == 3);
  CHECK(index.find(1) != nullptr);
  CHECK(index.find(2) != nullptr);
  CHECK(index.find(6) != nullptr);
  prune(index, 1);
  CHECK(index.releases.size() == 3);
}

}  // namespace appserver::observe
