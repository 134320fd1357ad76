#include "worker/detached_exchanges.h"

#include <random>
#include <utility>

namespace appserver::worker {
namespace {

// Each holds its memory.
constexpr std::size_t kMostCompressions = 16;

std::uint64_t random_start() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

}  // namespace

DetachedExchanges::DetachedExchanges(Mailbox& mailbox, AppFailures& failures)
    : mailbox_(mailbox), failures_(failures), ids_(random_start()) {}

DetachedExchange& DetachedExchanges::begin(const Incoming& incoming) {
  DetachedExchange* exchange = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (unused_.empty()) {
      exchange = all_.emplace_back(std::make_unique<DetachedExchange>(*this)).get();
    } else {
      exchange = unused_.back();
      unused_.pop_back();
    }
  }
  exchange->begin(incoming);
  return *exchange;
}

void DetachedExchanges::part(DetachedExchange& exchange, std::unique_ptr<Workbench>& bench) {
  if (exchange.leave(bench)) {
    give_back(exchange);
  }
}

std::unique_ptr<Workbench> DetachedExchanges::reclaim(DetachedExchange& exchange) {
  if (!exchange.take_end_of_stay()) {
    return nullptr;
  }
  std::unique_ptr<Workbench> bench = exchange.take_bench();
  give_back(exchange);
  return bench;
}

std::unique_ptr<http::BodyCompression> DetachedExchanges::borrow_compression() {
  if (policy_ == nullptr) {
    return nullptr;
  }
  const std::lock_guard lock(mutex_);
  if (compressions_.empty()) {
    return std::make_unique<http::BodyCompression>(*policy_);
  }
  auto compression = std::move(compressions_.back());
  compressions_.pop_back();
  return compression;
}

void DetachedExchanges::give_back(std::unique_ptr<http::BodyCompression> compression) {
  const std::lock_guard lock(mutex_);
  if (compressions_.size() < kMostCompressions) {
    compressions_.push_back(std::move(compression));
  }
}

void DetachedExchanges::give_back(DetachedExchange& exchange) {
  const std::lock_guard lock(mutex_);
  unused_.push_back(&exchange);
}

}  // namespace appserver::worker
