#include "worker/request_ids.h"

#include <algorithm>

namespace appserver::worker {

namespace {

// An odd constant: the ids of neighbouring requests differ in all digits, and none repeats before
// 2^64.
constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;

}  // namespace

void RequestIds::append_next(std::string& out) {
  const auto digits = digits_of(next_.fetch_add(kStep, std::memory_order_relaxed) + kStep);
  out.append(digits.data(), digits.size());
}

std::array<char, RequestIds::kLength> RequestIds::peek_next() const noexcept {
  return digits_of(next_.load(std::memory_order_relaxed) + kStep);
}

std::array<char, RequestIds::kLength> RequestIds::digits_of(std::uint64_t rest) noexcept {
  std::array<char, kLength> digits;
  for (char& digit : digits) {
    digit = "0123456789abcdef"[rest & 0xF];
    rest >>= 4;
  }
  return digits;
}

bool RequestIds::is_sane(std::string_view id) noexcept {
  constexpr std::size_t kLongest = 128;
  const auto is_allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-_.:=+/@").find(c) != std::string_view::npos;
  };
  return !id.empty() && id.size() <= kLongest && std::all_of(id.begin(), id.end(), is_allowed);
}

}  // namespace appserver::worker
