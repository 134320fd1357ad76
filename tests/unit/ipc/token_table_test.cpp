#include "ipc/token_table.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace appserver::ipc {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};
// Three at once, and then one every ten seconds.
constexpr TokenRate kRate{10s, 20s};

std::unique_ptr<TokenTable> make_table() {
  auto table = std::make_unique<TokenTable>();  // Zero bytes.
  table->set_seed(42);
  return table;
}

TEST_CASE("TokenTable: a full bucket has its burst, and tokens come back in time") {
  const auto table = make_table();
  for (int i = 0; i < 3; ++i) {
    CHECK(table->take("a", kRate, kStart) == 0s);
  }
  CHECK(table->take("a", kRate, kStart) == 10s);
  CHECK(table->take("a", kRate, kStart + 9s) == 1s);
  CHECK(table->take("a", kRate, kStart + 10s) == 0s);
  CHECK(table->take("a", kRate, kStart + 10s) == 10s);
  for (int i = 0; i < 3; ++i) {
    CHECK(table->take("a", kRate, kStart + 1h) == 0s);
  }
  CHECK(table->take("a", kRate, kStart + 1h) == 10s);
}

TEST_CASE("TokenTable: each key has a bucket of its own, whatever bytes it is made of") {
  const auto table = make_table();
  const TokenRate one{10s, 0s};
  const std::vector<std::string> keys = {"",         "a", "b", "ab", "ba", std::string(1, '\0'),
                                         "192.0.2.1"};
  for (const std::string& key : keys) {
    CHECK(table->take(key, one, kStart) == 0s);
  }
  for (const std::string& key : keys) {
    CHECK(table->take(key, one, kStart) == 10s);
  }
}

TEST_CASE("TokenTable: full buckets make room, and whoever finds none is not limited") {
  const auto table = make_table();
  const TokenRate one{10s, 0s};
  int refused = 0;
  for (std::size_t i = 0; i < 2 * TokenTable::kRoom; ++i) {
    refused += table->take("key " + std::to_string(i), one, kStart) == 0s ? 0 : 1;
  }
  CHECK(refused == 0);
  // Later, all of it is free again, and what is counted is counted.
  CHECK(table->take("late", one, kStart + 1min) == 0s);
  CHECK(table->take("late", one, kStart + 1min) == 10s);
}

TEST_CASE("TokenTable: threads take no more together than one alone could") {
  const auto table = make_table();
  constexpr int kTokens = 500;
  const TokenRate rate{1h, 1h * (kTokens - 1)};
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&table, &taken, rate] {
      for (int j = 0; j < 2 * kTokens; ++j) {
        taken += table->take("shared", rate, kStart) == 0s ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(taken == kTokens);
}

}  // namespace
}  // namespace appserver::ipc
