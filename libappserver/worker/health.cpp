#include "worker/health.h"

#include <array>

namespace appserver::worker {
namespace {

constexpr http::Field kPlainText{"Content-Type", "text/plain"};
constexpr http::Field kNoStore{"Cache-Control", "no-store"};
constexpr std::array kFields = {kPlainText, kNoStore};
// RFC 9110 section 15.5.6: 405 comes with the methods that are allowed.
constexpr std::array kFieldsOfRefusal = {kPlainText, kNoStore, http::Field{"Allow", "GET, HEAD"}};

}  // namespace

void HealthPaths::leave_to_app(const std::vector<app::Route>& routes) {
  for (const app::Route& route : routes) {
    for (std::string* const path : {&health_, &ready_}) {
      if (route.pattern == *path) {
        path->clear();
      }
    }
  }
}

http::Response HealthPaths::answer(const http::RequestHead& head, bool is_draining) const {
  if (head.method != "GET" && head.method != "HEAD") {
    return {405, kFieldsOfRefusal, "405 Method Not Allowed\n"};
  }
  // Both may be one path: being ready is then what it tells.
  return is_draining && head.path == ready_ ? http::Response{503, kFields, "draining"}
                                            : http::Response{200, kFields, "ok"};
}

}  // namespace appserver::worker
