#include "worker/request_ids.h"

#include <set>
#include <string>

#include <doctest/doctest.h>

namespace appserver::worker {
namespace {

TEST_CASE("RequestIds: ids are sane, of one length and do not repeat") {
  RequestIds ids(42);
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) {
    std::string id;
    ids.append_next(id);
    REQUIRE(id.size() == 16);
    REQUIRE(RequestIds::is_sane(id));
    REQUIRE(seen.insert(id).second);
  }
}

TEST_CASE("RequestIds: a client's id is taken over only when it can stand unescaped in a log") {
  CHECK(RequestIds::is_sane("7f3a-41_x.y:z=+/@"));
  CHECK(RequestIds::is_sane(std::string(128, 'a')));
  CHECK_FALSE(RequestIds::is_sane(""));
  CHECK_FALSE(RequestIds::is_sane(std::string(129, 'a')));
  CHECK_FALSE(RequestIds::is_sane("a b"));
  CHECK_FALSE(RequestIds::is_sane("a\"b"));
  CHECK_FALSE(RequestIds::is_sane("a\nb"));
  CHECK_FALSE(RequestIds::is_sane("\xc3\xa4"));
}

}  // namespace
}  // namespace appserver::worker
