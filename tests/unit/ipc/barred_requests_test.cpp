#include "ipc/barred_requests.h"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

namespace appserver::ipc {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};

TEST_CASE("BarredRequests: an empty table bars nothing") {
  const BarredRequests barred{};
  CHECK(barred.is_empty());
  CHECK_FALSE(barred.barred_until("GET", "/", kStart).has_value());
}

TEST_CASE("BarredRequests: a request is barred by method and path until its time is over") {
  BarredRequests barred{};
  barred.set_seed(42);
  barred.bar("GET", "/report", kStart + 10s);
  CHECK_FALSE(barred.is_empty());
  CHECK(barred.barred_until("GET", "/report", kStart) == kStart + 10s);
  CHECK_FALSE(barred.barred_until("POST", "/report", kStart).has_value());
  CHECK_FALSE(barred.barred_until("GET", "/reports", kStart).has_value());
  CHECK_FALSE(barred.barred_until("GET", "/report", kStart + 10s).has_value());
}

TEST_CASE("BarredRequests: the end can be moved, and others are not touched by that") {
  BarredRequests barred{};
  barred.bar("GET", "/a", kStart + 10s);
  barred.bar("GET", "/b", kStart + 20s);
  barred.bar("GET", "/a", kStart + 30s);
  CHECK(barred.barred_until("GET", "/a", kStart) == kStart + 30s);
  CHECK(barred.barred_until("GET", "/b", kStart) == kStart + 20s);
}

TEST_CASE("BarredRequests: in a full table the one that ends first makes room") {
  BarredRequests barred{};
  for (std::size_t i = 0; i < BarredRequests::kRoom; ++i) {
    barred.bar("GET", "/" + std::to_string(i), kStart + std::chrono::seconds(100 + i));
  }
  barred.bar("GET", "/one-more", kStart + 500s);
  CHECK_FALSE(barred.barred_until("GET", "/0", kStart).has_value());
  CHECK(barred.barred_until("GET", "/1", kStart).has_value());
  CHECK(barred.barred_until("GET", "/one-more", kStart).has_value());
}

TEST_CASE("path_of: a target without its query") {
  CHECK(path_of("/a?b?c") == "/a");
  CHECK(path_of("/a") == "/a");
  CHECK(path_of("").empty());
}

}  // namespace
}  // namespace appserver::ipc
