#include "chaos/tally.h"

#include <algorithm>
#include <utility>

namespace appserver::chaos {
namespace {

constexpr std::size_t kMostComplaints = 10;

}  // namespace

void Counts::add(const Counts& later) {
  for (std::size_t i = 0; i < kColumns; ++i) {
    numbers[i] += later.numbers[i];
  }
  slowest = std::max(slowest, later.slowest);
}

void Tally::note_answer(std::chrono::microseconds took) noexcept {
  std::int64_t slowest = slowest_;
  while (took.count() > slowest && !slowest_.compare_exchange_weak(slowest, took.count())) {
  }
}

void Tally::complain(Column column, const std::string& what) {
  count(column);
  const std::lock_guard lock(mutex_);
  if (complaints_.size() < kMostComplaints) {
    complaints_.push_back(what);
  }
}

Counts Tally::take() noexcept {
  Counts counts;
  for (std::size_t i = 0; i < kColumns; ++i) {
    counts.numbers[i] = numbers_[i].exchange(0);
  }
  counts.slowest = std::chrono::microseconds(slowest_.exchange(0));
  return counts;
}

std::vector<std::string> Tally::take_complaints() {
  const std::lock_guard lock(mutex_);
  return std::exchange(complaints_, {});
}

}  // namespace appserver::chaos
