#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/detail/handler.hpp>
#include <appserver/detail/layer.hpp>
#include <appserver/detail/path.hpp>
#include <appserver/detail/pattern.hpp>

// Not part of the user's interface: from method and path to handler.
namespace appserver::detail {

constexpr std::string_view kAnyMethod = "*";

struct Scope;

struct Route {
  std::string method;  // "GET", or "*" for every method
  std::string pattern;
  std::vector<std::string> parameter_names;
  std::unique_ptr<Handler> handler;
  const Scope* scope = nullptr;  // the app or group that it was declared in
  bool receives_body = false;
  bool is_late = false;
  bool wants_worker_thread = false;
  std::uint64_t body_limit = kNoBodyLimit;
};

// The routes as a tree with one level per path segment. In each level a literal beats a parameter
// and a parameter beats a rest-parameter; the search comes back from a branch that leads nowhere.
// A node at depth n is tried at most once per request, with the n-th segment, so that the cost is
// bounded by the size of the tree whatever the client sends.
//
// The method takes part in the search: the most specific pattern *that has the method* wins.
// Built while the app is set up, only read afterwards. [zygote] [worker]
class Router {
 public:
  // Errors: throws std::invalid_argument that names the pattern when it is malformed, when the
  // method is not a token, or when the same method and shape is routed already. {a} and {b} have
  // the same shape. Nothing is changed then.
  void add(std::string_view method, std::string_view pattern, std::unique_ptr<Handler> handler,
           const Scope* scope = nullptr) {
    if (!url::is_token(method)) {
      refuse_pattern(pattern, "\"" + std::string(method) + "\" is not a method");
    }
    auto route = std::make_unique<Route>();
    route->method = method;
    route->pattern = pattern;
    route->receives_body = handler->receives_body();
    route->is_late = handler->is_late();
    route->wants_worker_thread = handler->wants_worker_thread();
    route->handler = std::move(handler);
    route->scope = scope;
    Endpoint& endpoint = endpoint_for(pattern, route->parameter_names);
    for (const Route* other : endpoint) {
      if (other->method == method) {
        refuse_pattern(pattern, route->method + " is routed already as \"" + other->pattern + "\"");
      }
    }
    routes_.push_back(std::move(route));
    endpoint.push_back(routes_.back().get());
  }

  // The route for a request, with the captured values in `parameters`, or null.
  // A HEAD request is also served by a GET route; the server leaves the body out.
  // Requires: the path begins with '/' and outlives the use of `parameters`.
  [[nodiscard]] const Route* find(std::string_view method, const RequestPath& path,
                                  PathParameters& parameters) const noexcept {
    const Route* found = nullptr;
    visit_endpoints(root_, PathCursor(path), parameters, [&](const Endpoint& endpoint) {
      found = select(endpoint, method);
      return found != nullptr;
    });
    return found;
  }

  // A route for the path, whatever its method, with the captured values in `parameters`, or null.
  // Of the most specific pattern, the first that was declared. Requires: as find().
  [[nodiscard]] const Route* find_any(const RequestPath& path, PathParameters& parameters) const {
    const Route* found = nullptr;
    visit_endpoints(root_, PathCursor(path), parameters,
                    RareVisit([&found](const Endpoint& endpoint) {
                      found = endpoint.front();
                      return true;
                    }));
    return found;
  }

  // The methods of every pattern that matches the path, for the Allow header; empty when none
  // does. Requires: the path begins with '/'.
  [[nodiscard]] std::string allowed_methods(const RequestPath& path) const {
    std::vector<std::string_view> methods;
    PathParameters unused;
    visit_endpoints(root_, PathCursor(path), unused,
                    RareVisit([&methods](const Endpoint& endpoint) {
                      for (const Route* route : endpoint) {
                        add_method(methods, route->method);
                      }
                      return false;
                    }));
    return methods.empty() ? std::string() : allow_list(methods);
  }

  // The methods of the whole app, for `OPTIONS *`.
  [[nodiscard]] std::string allowed_methods() const {
    std::vector<std::string_view> methods;
    for (const auto& route : routes_) {
      add_method(methods, route->method);
    }
    return allow_list(methods);
  }

  // In the order of add().
  [[nodiscard]] const std::vector<std::unique_ptr<Route>>& routes() const noexcept {
    return routes_;
  }

 private:
  // The routes of one pattern, one per method.
  using Endpoint = std::vector<const Route*>;

  // Walks that only requests without a route cause share one form of the search, so that the
  // compiler can make that of find() one piece.
  using RareVisit = std::function<bool(const Endpoint&)>;

  struct Node {
    std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals;  // sorted by text
    std::unique_ptr<Node> parameter;
    Endpoint here;  // patterns that end with this segment
    Endpoint rest;  // patterns that end with a rest-parameter after this segment
  };

  [[nodiscard]] static auto literal_position(const Node& node, std::string_view text) noexcept {
    return std::lower_bound(
        node.literals.begin(), node.literals.end(), text,
        [](const auto& literal, std::string_view wanted) { return literal.first < wanted; });
  }

  [[nodiscard]] static const Node* literal_child(const Node& node, std::string_view text) noexcept {
    const auto at = literal_position(node, text);
    return at != node.literals.end() && at->first == text ? at->second.get() : nullptr;
  }

  // Finds or makes the place of a pattern and lists the names of its parameters.
  [[nodiscard]] Endpoint& endpoint_for(std::string_view pattern, std::vector<std::string>& names) {
    Node* node = &root_;
    for (PatternSegment& segment : parse_pattern(pattern)) {
      if (segment.kind == SegmentKind::Literal) {
        node = &make_literal_child(*node, segment.text);
        continue;
      }
      names.push_back(std::move(segment.text));
      if (segment.kind == SegmentKind::Rest) {
        return node->rest;
      }
      if (node->parameter == nullptr) {
        node->parameter = std::make_unique<Node>();
      }
      node = node->parameter.get();
    }
    return node->here;
  }

  [[nodiscard]] static Node& make_literal_child(Node& node, const std::string& text) {
    const auto at = literal_position(node, text);
    if (at != node.literals.end() && at->first == text) {
      return *at->second;
    }
    return *node.literals.emplace(at, text, std::make_unique<Node>())->second;
  }

  // Calls `visit(endpoint)` for each endpoint that matches, most specific first, until it returns
  // true. `parameters` holds the values of the endpoint being visited. The recursion is as deep as
  // the longest pattern at most.
  template <typename Visit>
  static bool visit_endpoints(const Node& node, PathCursor cursor, PathParameters& parameters,
                              const Visit& visit) {
    if (cursor.at_end()) {
      return !node.here.empty() && visit(node.here);
    }
    PathCursor after = cursor;
    const std::string_view segment = after.next_segment();
    const Node* literal = literal_child(node, segment);
    if (literal != nullptr && visit_endpoints(*literal, after, parameters, visit)) {
      return true;
    }
    if (node.parameter != nullptr && !segment.empty()) {
      parameters.values[parameters.count++] = segment;
      if (visit_endpoints(*node.parameter, after, parameters, visit)) {
        return true;
      }
      --parameters.count;
    }
    if (node.rest.empty()) {
      return false;
    }
    parameters.values[parameters.count++] = cursor.rest();
    const bool done = visit(node.rest);
    parameters.count -= done ? 0 : 1;
    return done;
  }

  // The route of an endpoint that serves `method` best, or null.
  [[nodiscard]] static const Route* select(const Endpoint& endpoint,
                                           std::string_view method) noexcept {
    const Route* second_best = nullptr;
    for (const Route* route : endpoint) {
      if (route->method == method) {
        return route;
      }
      const bool serves_head = method == "HEAD" && route->method == "GET";
      if (serves_head || (second_best == nullptr && route->method == kAnyMethod)) {
        second_best = route;
      }
    }
    return second_best;
  }

  static void add_method(std::vector<std::string_view>& methods, std::string_view method) {
    const auto add = [&methods](std::string_view name) {
      if (std::find(methods.begin(), methods.end(), name) == methods.end()) {
        methods.push_back(name);
      }
    };
    if (method == kAnyMethod) {
      for (const char* name : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}) {
        add(name);
      }
      return;
    }
    add(method);
    if (method == "GET") {
      add("HEAD");
    }
  }

  // OPTIONS is always allowed: what no route answers is answered automatically.
  [[nodiscard]] static std::string allow_list(const std::vector<std::string_view>& methods) {
    std::string list;
    for (const std::string_view method : methods) {
      if (method != "OPTIONS") {
        list.append(method).append(", ");
      }
    }
    return list += "OPTIONS";
  }

  Node root_;
  std::vector<std::unique_ptr<Route>> routes_;
};

}  // namespace appserver::detail
