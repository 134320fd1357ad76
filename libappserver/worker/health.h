#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/loaded_app.h"
#include "http/request_head.h"
#include "http/response_writer.h"

namespace appserver::worker {

// The paths at which the server says of itself whether it lives (`--health-path`) and whether it
// takes requests (`--ready-path`), without asking the app: probes are answered by the loop, also
// when every handler is busy. Pure. [worker]
class HealthPaths {
 public:
  // Nothing is answered.
  HealthPaths() = default;
  // An empty path is answered by nobody here.
  HealthPaths(std::string health, std::string ready) noexcept
      : health_(std::move(health)), ready_(std::move(ready)) {}

  // An app that has a route of exactly such a path answers there itself, whatever the method. Of an
  // app that does not tell its routes nothing is known: the server answers.
  void leave_to_app(const std::vector<app::Route>& routes);

  // Whether answer() answers a request for this path (not decoded). Costs two comparisons of
  // lengths.
  [[nodiscard]] bool matches(std::string_view path) const noexcept {
    // A request's path is never empty, and an empty one of ours therefore never equal.
    return path == health_ || path == ready_;
  }

  // 200 `ok`; 503 `draining` from the ready path while `is_draining`; 405 for another method than
  // GET and HEAD. Never to be cached. The response views static text only.
  // Requires: matches(head.path).
  [[nodiscard]] http::Response answer(const http::RequestHead& head, bool is_draining) const;

 private:
  std::string health_;
  std::string ready_;
};

}  // namespace appserver::worker
