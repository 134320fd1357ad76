#pragma once

#include <algorithm>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/builders.hpp>
#include <appserver/detail/handler.hpp>
#include <appserver/detail/layer.hpp>
#include <appserver/detail/onion.hpp>
#include <appserver/detail/pattern.hpp>

// Not part of the user's interface: the app as a whole, or one of its groups.
namespace appserver::detail {

// What is declared for all routes below a prefix. Scopes form a tree whose root is the app.
struct Scope {
  Scope(const Scope* outer_scope, std::string whole_prefix, std::vector<PatternSegment> parts)
      : outer(outer_scope), prefix(std::move(whole_prefix)), segments(std::move(parts)) {
    for (const PatternSegment& segment : segments) {
      if (segment.kind != SegmentKind::Literal) {
        parameter_names.push_back(segment.text);
      }
    }
  }

  // Whether requests in here need more than their handler.
  [[nodiscard]] bool has_extras() const noexcept {
    return !layers.empty() || !error_handlers.empty() || (outer != nullptr && outer->has_extras());
  }

  // The shortest body limit that holds in here.
  [[nodiscard]] std::uint64_t body_limit() const noexcept {
    std::uint64_t limit = outer == nullptr ? kNoBodyLimit : outer->body_limit();
    for (const auto& layer : layers) {
      limit = std::min(limit, layer->body_limit());
    }
    return limit;
  }

  // The nearest handler of that kind, here or further out, or null.
  [[nodiscard]] Handler* nearest(std::unique_ptr<Handler> Scope::*kind) const noexcept {
    if ((this->*kind) != nullptr) {
      return (this->*kind).get();
    }
    return outer == nullptr ? nullptr : outer->nearest(kind);
  }

  const Scope* outer;  // null: the app itself
  std::string prefix;  // with those of the outer scopes
  std::vector<PatternSegment> segments;
  std::vector<std::string> parameter_names;
  std::vector<std::unique_ptr<Layer>> layers;
  std::vector<std::unique_ptr<ErrorHandler>> error_handlers;
  std::unique_ptr<Handler> not_found;
  std::unique_ptr<Handler> method_not_allowed;
  std::unique_ptr<Onion> onion;  // made when the app is complete
};

// What the handlers of one scope alone make of an error. When they throw, that is the error from
// then on.
[[nodiscard]] inline std::optional<Response> handle_in(const Scope& scope, const Request* request,
                                                       std::exception_ptr& error) {
  for (const auto& handler : scope.error_handlers) {
    try {
      if (std::optional<Response> response = handler->handle(request, error)) {
        return response;
      }
    } catch (...) {
      error = std::current_exception();
      return std::nullopt;  // its own siblings are not asked again
    }
  }
  return std::nullopt;
}

// Makes a response of an error: by the error handlers of the scope, then of those around it, then,
// of an HttpError, its own. `scope` may be null: only the last then.
// Errors: throws the error when nobody wants it.
[[nodiscard]] inline Response recover(const Scope* scope, const Request* request,
                                      std::exception_ptr error) {
  for (; scope != nullptr; scope = scope->outer) {
    if (std::optional<Response> response = handle_in(*scope, request, error)) {
      return std::move(*response);
    }
  }
  try {
    std::rethrow_exception(error);
  } catch (const HttpError& answer) {
    return error_response(answer.status(), answer.what());
  }
}

inline Onion::Onion(const Scope& scope) : scope_(scope) {
  for (const Scope* at = &scope; at != nullptr; at = at->outer) {
    std::vector<Ring> rings;
    for (const auto& layer : at->layers) {
      rings.push_back({layer.get(), at});
    }
    rings_.insert(rings_.begin(), rings.begin(), rings.end());
  }
}

inline Response Onion::run(const Request& request, Handler& handler, std::size_t at) const {
  const bool is_core = at == rings_.size();
  try {
    if (is_core) {
      return handler.handle(request);
    }
    return rings_[at].layer->run(request, Next(*this, handler, at + 1));
  } catch (...) {
    return recover(is_core ? &scope_ : rings_[at].scope, &request, std::current_exception());
  }
}

// A handler with the layers of its scope around it.
class LayeredHandler final : public Handler {
 public:
  LayeredHandler(const Onion& onion, std::unique_ptr<Handler> core)
      : onion_(onion), core_(std::move(core)) {}
  [[nodiscard]] bool receives_body() const noexcept override { return core_->receives_body(); }
  [[nodiscard]] bool is_late() const noexcept override { return core_->is_late(); }
  [[nodiscard]] bool wants_worker_thread() const noexcept override {
    return core_->wants_worker_thread();
  }
  [[nodiscard]] Response handle(const Request& request) override {
    return onion_.run(request, *core_, 0);
  }

 private:
  const Onion& onion_;
  std::unique_ptr<Handler> core_;
};

}  // namespace appserver::detail

namespace appserver {

inline Response Next::operator()(const Request& request) const {
  return onion_.run(request, handler_, layer_);
}

}  // namespace appserver
