#include "worker/rules.h"

#include <utility>

namespace appserver::worker {
namespace {

http::Limits limits_of(const config::Options& options) {
  http::Limits limits;
  limits.request_line = options.limit_request_line;
  limits.fields = options.limit_request_fields;
  limits.field_size = options.limit_request_field_size;
  limits.body = options.limit_request_body;
  return limits;
}

}  // namespace

Result<Rules> Rules::make(const config::Options& options) {
  auto proxies = net::TrustList::parse(options.proxy_allow_from, "--proxy-allow-from");
  if (!proxies) {
    return failure(std::move(proxies.error()));
  }
  auto forwarders = net::TrustList::parse(options.forwarded_allow_ips, "--forwarded-allow-ips");
  if (!forwarders) {
    return failure(std::move(forwarders.error()));
  }
  auto static_files =
      StaticFiles::open(options.static_mounts,
                        std::chrono::duration_cast<std::chrono::seconds>(options.static_max_age));
  if (!static_files) {
    return failure(std::move(static_files.error()));
  }
  auto error_pages = http::ErrorPages::load(options.error_pages);
  if (!error_pages) {
    return failure(std::move(error_pages.error()));
  }
  auto codings = http::read_codings(options.compress);
  if (!codings) {
    return failure(std::move(codings.error()));
  }
  Rules rules;
  rules.health = HealthPaths(options.health_path, options.ready_path);
  rules.static_files = std::move(*static_files);
  rules.error_pages = std::move(*error_pages);
  rules.compression = {std::move(*codings), options.compress_min_size, options.compress_level};
  rules.limits = limits_of(options);
  rules.one_request_each = options.keep_alive.count() == 0;
  rules.peer_connections = static_cast<std::size_t>(options.peer_connections);
  rules.handler_time = options.timeout;
  rules.body_grace = options.body_timeout;
  rules.body_min_rate = options.body_min_rate;
  rules.proxy_protocol = options.proxy_protocol;
  rules.proxies = std::move(*proxies);
  rules.forwarders = std::move(*forwarders);
  return rules;
}

}  // namespace appserver::worker
