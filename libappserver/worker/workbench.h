#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "http/request_parser.h"
#include "worker/input_buffer.h"

namespace appserver::worker {

// What a connection needs only while a request is under way. An idle connection has none: thousands
// of them cost a few hundred bytes each.
struct Workbench {
  explicit Workbench(const http::Limits& limits) : parser(limits) {}

  InputBuffer input;
  http::RequestParser parser;
  bool refused = false;        // The parser failed: its refusal is the answer.
  bool continue_sent = false;  // 100 Continue, at most once a request.
  // The part of a response that the client has not taken yet.
  std::string unsent;
  std::size_t unsent_offset = 0;
};

// The workbenches of a worker, lent to connections. Keeps some in reserve, so that busy connections
// cost no allocation; the last one given back is lent first, as its memory is still in the cache.
class WorkbenchPool {
 public:
  // `limits` outlives the pool and all that it lent.
  explicit WorkbenchPool(const http::Limits& limits) noexcept : limits_(limits) {}

  [[nodiscard]] std::unique_ptr<Workbench> take();
  void give_back(std::unique_ptr<Workbench> bench);

 private:
  // Enough for a busy pass through the loop. Each costs the few KiB that its requests really
  // touched.
  static constexpr std::size_t kReserve = 32;
  // A response that was larger than this once is no reason to hold its memory for ever.
  static constexpr std::size_t kUnsentKept = 64 * 1024;

  const http::Limits& limits_;
  std::vector<std::unique_ptr<Workbench>> reserve_;
};

}  // namespace appserver::worker
