#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/detail/handler.hpp>
#include <appserver/detail/path.hpp>
#include <appserver/detail/pattern.hpp>
#include <appserver/detail/router.hpp>
#include <appserver/detail/scope.hpp>

// Not part of the user's interface: all that APPSERVER_APP declares about requests.
namespace appserver::detail {

// Routes and scopes. Filled in while the app is set up, complete afterwards. [zygote] [worker]
class Blueprint {
 public:
  Blueprint() {
    scopes_.push_back(
        std::make_unique<Scope>(nullptr, std::string(), std::vector<PatternSegment>()));
  }
  Blueprint(const Blueprint&) = delete;
  Blueprint& operator=(const Blueprint&) = delete;
  ~Blueprint() = default;

  // Errors: throws std::logic_error when the app is complete.
  void check_open() const {
    if (is_complete_) {
      throw std::logic_error("the app is complete: declare routes and hooks in APPSERVER_APP only");
    }
  }

  // The app itself.
  [[nodiscard]] Scope& root() noexcept { return *scopes_.front(); }
  [[nodiscard]] const Router& router() const noexcept { return router_; }
  // Whether an unrouted request may meet anything but the plain answers.
  [[nodiscard]] bool has_fallbacks() const noexcept { return has_fallbacks_; }

  // Makes a group. Errors: throws std::invalid_argument that names the prefix when it is malformed.
  [[nodiscard]] Scope& add_scope(const Scope& outer, std::string_view prefix) {
    check_open();
    if (prefix.ends_with('/')) {
      refuse_pattern(prefix, "a group's prefix ends without a slash: its patterns begin with one");
    }
    std::string whole = outer.prefix + std::string(prefix);
    std::vector<PatternSegment> segments;
    if (!whole.empty()) {
      segments = parse_pattern(whole);
    }
    if (!segments.empty() && segments.back().kind == SegmentKind::Rest) {
      refuse_pattern(prefix, "a group's prefix cannot take the rest of the path");
    }
    scopes_.push_back(std::make_unique<Scope>(&outer, std::move(whole), std::move(segments)));
    return *scopes_.back();
  }

  // Errors: see Router::add().
  void add_route(const Scope& scope, std::string_view method, std::string_view pattern,
                 std::unique_ptr<Handler> handler) {
    check_open();
    if (!pattern.empty() && pattern.front() != '/') {
      refuse_pattern(pattern, "must begin with a slash");
    }
    router_.add(method, scope.prefix + std::string(pattern), std::move(handler), &scope);
  }

  // Puts the layers around the handlers. A route whose scope has none stays as it is, and costs
  // nothing more.
  void complete() {
    for (const auto& scope : scopes_) {
      scope->onion = std::make_unique<Onion>(*scope);
      has_fallbacks_ = has_fallbacks_ || scope->has_extras() || scope->not_found != nullptr ||
                       scope->method_not_allowed != nullptr;
    }
    for (const auto& route : router_.routes()) {
      route->body_limit = route->scope->body_limit();
      if (route->scope->has_extras()) {
        route->handler =
            std::make_unique<LayeredHandler>(*route->scope->onion, std::move(route->handler));
      }
    }
    is_complete_ = true;
  }

  // The scope that a path without a route belongs to: with the longest prefix that fits, and of
  // those the first, which is the outermost. `parameters` gets what the prefix captures.
  // Requires: the path begins with '/' and outlives the use of `parameters`.
  [[nodiscard]] const Scope& scope_of(const RequestPath& path,
                                      PathParameters& parameters) const noexcept {
    const Scope* best = scopes_.front().get();
    for (const auto& scope : scopes_) {
      PathParameters captured;
      if (scope->segments.size() > best->segments.size() && fits(*scope, path, captured)) {
        best = scope.get();
        parameters = captured;
      }
    }
    return *best;
  }
  [[nodiscard]] const Scope& root() const noexcept { return *scopes_.front(); }

 private:
  [[nodiscard]] static bool fits(const Scope& scope, const RequestPath& path,
                                 PathParameters& captured) noexcept {
    PathCursor cursor(path);
    for (const PatternSegment& segment : scope.segments) {
      if (cursor.at_end()) {
        return false;
      }
      const std::string_view text = cursor.next_segment();
      if (segment.kind == SegmentKind::Literal ? text != segment.text : text.empty()) {
        return false;
      }
      if (segment.kind == SegmentKind::Parameter) {
        captured.values[captured.count++] = text;
      }
    }
    return true;
  }

  // By pointer: groups and routes refer to their scopes. The router goes first.
  std::vector<std::unique_ptr<Scope>> scopes_;
  Router router_;
  bool is_complete_ = false;
  bool has_fallbacks_ = false;
};

}  // namespace appserver::detail
