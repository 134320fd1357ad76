#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/builders.hpp>
#include <appserver/detail/blueprint.hpp>
#include <appserver/detail/handler.hpp>
#include <appserver/detail/path.hpp>
#include <appserver/detail/pattern.hpp>
#include <appserver/detail/router.hpp>
#include <appserver/detail/scope.hpp>

// Not part of the user's interface: what becomes of a request that no route serves.
namespace appserver::detail {

// Why there is no route, and which scope the request belongs to all the same.
struct Unrouted {
  enum class Reason {
    BadPath,           // 400
    NoPath,            // 404: OPTIONS-only targets and the like
    NotFound,          // 404
    MethodNotAllowed,  // 405 (RFC 9110 section 15.5.6)
    Options            // an automatic answer to OPTIONS (section 9.3.7)
  };

  Reason reason = Reason::NotFound;
  std::string allow;  // for MethodNotAllowed and Options
  const Scope* scope = nullptr;
  const std::vector<std::string>* parameter_names = nullptr;

  // The answer of an app that says nothing else.
  [[nodiscard]] Response plain_response() const {
    switch (reason) {
      case Reason::BadPath:
        return error_response(400, "The path is not correctly percent-encoded.");
      case Reason::MethodNotAllowed:
        return error_response(405).header("Allow", allow);
      case Reason::Options:
        return no_content().header("Allow", allow);
      case Reason::NoPath:
      case Reason::NotFound:
        break;
    }
    return error_response(404);
  }
};

// What stands in the middle of the layers when there is no route.
class UnroutedHandler final : public Handler {
 public:
  // Requires: `unrouted` outlives the handler.
  explicit UnroutedHandler(const Unrouted& unrouted) noexcept : unrouted_(unrouted) {}

  [[nodiscard]] Response handle(const Request& request) override {
    using Reason = Unrouted::Reason;
    if (unrouted_.reason == Reason::NotFound) {
      if (Handler* custom = unrouted_.scope->nearest(&Scope::not_found)) {
        return custom->handle(request);
      }
    } else if (unrouted_.reason == Reason::MethodNotAllowed) {
      if (Handler* custom = unrouted_.scope->nearest(&Scope::method_not_allowed)) {
        Response response = custom->handle(request);
        if (response.header("Allow").empty()) {
          response.header("Allow", unrouted_.allow);
        }
        return response;
      }
    }
    return unrouted_.plain_response();
  }

 private:
  const Unrouted& unrouted_;
};

// Finds out why a request has no route. `path` is nullopt when it is none that routes can match;
// `shown` is its text in any case. `parameters` gets what the names in the result stand for.
[[nodiscard]] inline Unrouted find_reason(const Blueprint& blueprint, std::string_view method,
                                          const std::optional<RequestPath>& path,
                                          const RequestPath& shown, PathParameters& parameters) {
  using Reason = Unrouted::Reason;
  const Scope& root = blueprint.root();
  if (!path) {
    if (method == "OPTIONS" && shown.raw() == "*") {
      return {Reason::Options, blueprint.router().allowed_methods(), &root, &root.parameter_names};
    }
    const bool is_path = shown.raw().starts_with('/');
    return {is_path ? Reason::BadPath : Reason::NoPath, {}, &root, &root.parameter_names};
  }
  const Route* const other = blueprint.router().find_any(shown, parameters);
  if (other == nullptr) {
    const Scope& scope = blueprint.scope_of(shown, parameters);
    return {Reason::NotFound, {}, &scope, &scope.parameter_names};
  }
  return {method == "OPTIONS" ? Reason::Options : Reason::MethodNotAllowed,
          blueprint.router().allowed_methods(shown), other->scope, &other->parameter_names};
}

}  // namespace appserver::detail
