#include "base/result.h"

#include <memory>
#include <string>

#include <doctest/doctest.h>

namespace appserver {
namespace {

Result<int> half_of(int number) {
  if (number % 2 != 0) {
    return failure("odd: " + std::to_string(number));
  }
  return number / 2;
}

enum class Weather { Rain };

TEST_CASE("Result: holds the value of a success") {
  const auto half = half_of(8);
  REQUIRE(half.has_value());
  CHECK(*half == 4);
}

TEST_CASE("Result: holds the reason of a failure") {
  const auto half = half_of(7);
  REQUIRE_FALSE(half);
  CHECK(half.error().message == "odd: 7");
}

TEST_CASE("Result: carries error types of its own and values that can only be moved") {
  Result<std::unique_ptr<int>, Weather> result = std::make_unique<int>(3);
  const std::unique_ptr<int> taken = *std::move(result);
  CHECK(*taken == 3);
  result = failure(Weather::Rain);
  CHECK(result.error() == Weather::Rain);
}

}  // namespace
}  // namespace appserver
