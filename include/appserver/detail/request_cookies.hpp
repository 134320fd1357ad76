#pragma once

#include <string_view>

#include <appserver/request_headers.hpp>
#include <appserver/url.hpp>

// Not part of the user's interface: the cookies of a request.
namespace appserver::detail {

// Calls `visit(Field)` for each cookie of each Cookie field until it returns true.
template <typename Visit>
void visit_cookies(RequestHeaders headers, Visit visit) {
  bool done = false;
  for (const Field field : headers) {
    if (!url::same_name(field.name, "Cookie")) {
      continue;
    }
    url::visit_fields(field.value, ';', [&](std::string_view name, std::string_view value) {
      const Field cookie{url::trim(name), url::trim(value)};
      done = !cookie.name.empty() && visit(cookie);
      return done;
    });
    if (done) {
      return;
    }
  }
}

}  // namespace appserver::detail
