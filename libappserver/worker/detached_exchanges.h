#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

#include "http/body_compression.h"
#include "http/compression.h"
#include "worker/app_failures.h"
#include "worker/detached_exchange.h"
#include "worker/mailbox.h"
#include "worker/request_ids.h"

namespace appserver::worker {

// The detached exchanges of a worker: lends them, uses them again, and has what they share.
class DetachedExchanges {
 public:
  // All outlive it. [first thread]
  DetachedExchanges(Mailbox& mailbox, AppFailures& failures);
  DetachedExchanges(const DetachedExchanges&) = delete;
  DetachedExchanges& operator=(const DetachedExchanges&) = delete;

  // Responses are compressed as `policy`, which outlives this, demands. Before the first one.
  void compress_by(const http::CompressionPolicy& policy) noexcept { policy_ = &policy; }

  // [first thread, also while a handler runs; who has the loop] One that has begun with `incoming`.
  [[nodiscard]] DetachedExchange& begin(const Incoming& incoming);

  // [who has the loop] A connection has no more to do with `exchange`; gives its bench (or null)
  // into keeping if the app is not done with the request.
  void part(DetachedExchange& exchange, std::unique_ptr<Workbench>& bench);
  // A letter said that the app has let go of an exchange that no connection has. Returns: the bench
  // that was kept for it, or null.
  [[nodiscard]] std::unique_ptr<Workbench> reclaim(DetachedExchange& exchange);

  // Whether neither the app nor a connection holds any.
  [[nodiscard]] bool are_all_back() {
    const std::lock_guard lock(mutex_);
    return unused_.size() == all_.size();
  }

  // From now on every response announces the end of its connection.
  void announce_ends() noexcept { announces_ends_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool announces_ends() const noexcept {
    return announces_ends_.load(std::memory_order_relaxed);
  }

  // --- for the exchanges, on any thread ---
  [[nodiscard]] Mailbox& mailbox() noexcept { return mailbox_; }
  [[nodiscard]] RequestIds& ids() noexcept { return ids_; }
  [[nodiscard]] AppFailures& failures() noexcept { return failures_; }
  // One that no other thread uses; null when nothing is compressed.
  [[nodiscard]] std::unique_ptr<http::BodyCompression> borrow_compression();
  void give_back(std::unique_ptr<http::BodyCompression> compression);

 private:
  void give_back(DetachedExchange& exchange);

  Mailbox& mailbox_;
  AppFailures& failures_;
  RequestIds ids_;
  std::atomic<bool> announces_ends_{false};
  std::mutex mutex_;
  std::vector<std::unique_ptr<DetachedExchange>> all_;                // Guarded by mutex_.
  std::vector<DetachedExchange*> unused_;                             // Guarded by mutex_.
  std::vector<std::unique_ptr<http::BodyCompression>> compressions_;  // Guarded by mutex_.
  const http::CompressionPolicy* policy_ = nullptr;  // Null: nothing is compressed.
};

}  // namespace appserver::worker
