#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "http/forwarded.h"
#include "http/request_parser.h"
#include "worker/app_body.h"
#include "worker/block_store.h"
#include "worker/input_buffer.h"
#include "worker/outbox.h"
#include "worker/spool.h"

namespace appserver::worker {

class DetachedExchange;

// What a connection needs only while a request is under way. An idle connection has none: thousands
// of them cost a few hundred bytes each. It lies at the beginning of the block that its request is
// read into, so that both share a page if the request is short.
struct Workbench {
  // Errors: std::bad_alloc.
  [[nodiscard]] static std::unique_ptr<Workbench> make(const http::Limits& limits,
                                                       std::shared_ptr<BlockStore> blocks);
  // Destroys it, and gives its block back.
  static void operator delete(Workbench* bench, std::destroying_delete_t) noexcept;
  Workbench(const Workbench&) = delete;
  Workbench& operator=(const Workbench&) = delete;

  // The body of a whole request, wherever it was collected.
  [[nodiscard]] std::string_view body() const {
    return spool.has_value() ? spool->view() : parser.body();
  }
  // The request is answered: makes the bench ready for the next one.
  void next_request();

  // An app that holds a request at the worker's end may hold its bench for longer than the pool.
  std::shared_ptr<BlockStore> blocks;
  InputBuffer input;
  http::RequestParser parser;
  // Why the request is not served; null when it is.
  const http::Refusal* refusal = nullptr;
  bool whole = false;           // The request is complete.
  bool undecided = false;       // Only its head was read; what becomes of the body is not decided.
  bool continue_sent = false;   // 100 Continue, at most once a request.
  bool read_elsewhere = false;  // In another worker, and nothing has come since.
  std::optional<AppSink> sink;  // The app takes the body in as it arrives.
  std::optional<Spool> spool;   // The body is collected in a file.
  Outbox outbox;                // What the client has not taken yet.
  DetachedExchange* detached = nullptr;  // The request is or was answered elsewhere.
  // When the exchange turned out to take longer than one go: its head was there and its body had
  // yet to come, or its response did not leave at once.
  TimePoint since{};
  http::Provenance provenance;    // Where the request comes from.
  unsigned status = 0;            // Of a response whose body is on its way.
  std::uint64_t before_body = 0;  // Bytes that leave in front of that body.

  // How much of that body has left.
  [[nodiscard]] std::uint64_t body_sent() const noexcept {
    return outbox.sent() > before_body ? outbox.sent() - before_body : 0;
  }

 private:
  Workbench(const http::Limits& limits, std::shared_ptr<BlockStore> store, std::span<char> room)
      : blocks(std::move(store)), input(room), parser(limits) {}
  ~Workbench() = default;
};

// The workbenches of a worker, lent to connections. Keeps some in reserve, so that busy connections
// cost no allocation; the last one given back is lent first, as its memory is still in the cache.
class WorkbenchPool {
 public:
  // `limits` outlives the pool and all that it lent. `asks_before_bodies`: the app may want to take
  // bodies in.
  WorkbenchPool(const http::Limits& limits, bool asks_before_bodies) noexcept
      : limits_(limits), asks_before_bodies_(asks_before_bodies) {}

  [[nodiscard]] std::unique_ptr<Workbench> take();
  // What an app has on the bench is put aside, for let_go().
  void give_back(std::unique_ptr<Workbench> bench);

  // Puts only that aside: somebody else keeps the bench.
  void strip(Workbench& bench);

  // Releases what apps had on benches that were given back. [outside of the loop's dispatch]
  void let_go() noexcept;

 private:
  // Enough for a busy pass through the loop. Each costs the few KiB that its requests really
  // touched.
  static constexpr std::size_t kReserve = 32;
  const http::Limits& limits_;
  const bool asks_before_bodies_;
  std::shared_ptr<BlockStore> blocks_ = std::make_shared<BlockStore>();
  std::vector<std::unique_ptr<Workbench>> reserve_;
  std::vector<AppSink> unfinished_sinks_;
  std::vector<Outbox::Body> unfinished_bodies_;
};

}  // namespace appserver::worker
