#pragma once

#include <chrono>
#include <cstdint>

#include "base/result.h"
#include "config/options.h"
#include "http/compression.h"
#include "http/error_pages.h"
#include "http/limits.h"
#include "http/request_head.h"
#include "net/cidr.h"
#include "worker/health.h"
#include "worker/static_files.h"

namespace appserver::worker {

// What the options demand of every connection, in the form the connections need it. Made once per
// worker, then only read.
struct Rules {
  // Reads what has to be read, with the user that the worker runs as.
  // Errors: a text that is no list of addresses, ...; the text names the option.
  [[nodiscard]] static Result<Rules> make(const config::Options& options);

  http::Limits limits;
  bool one_request_each = false;     // --keep-alive 0: every response announces the end.
  std::size_t peer_connections = 0;  // From one address; 0: no limit.

  std::chrono::milliseconds handler_time{};  // 0: any.

  // A body that takes longer than `body_grace` has to have come with this many bytes a second.
  std::chrono::milliseconds body_grace{};
  std::uint64_t body_min_rate = 0;

  // Whether the server answers this request itself: it never waits for a handler then, and may be
  // answered while one is running.
  [[nodiscard]] bool is_answered_without_app(const http::RequestHead& head) const {
    return health.matches(head.path) || static_files.matches(head.path);
  }

  HealthPaths health;  // Goes before static_files, so that `--static /=DIRECTORY` hides no probe.
  StaticFiles static_files;
  http::ErrorPages error_pages;
  http::CompressionPolicy compression;

  bool proxy_protocol = false;
  net::TrustList proxies;     // Who may connect when proxy_protocol is on.
  net::TrustList forwarders;  // Whose X-Forwarded-* and Forwarded fields are believed.
};

}  // namespace appserver::worker
