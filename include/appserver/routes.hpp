#pragma once

#include <exception>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include <appserver/detail/blueprint.hpp>
#include <appserver/detail/layer.hpp>
#include <appserver/detail/make_handler.hpp>
#include <appserver/detail/scope.hpp>
#include <appserver/middleware.hpp>

namespace appserver {

class Group;

// What an app and its groups have in common: routes, and what is done around them.
//
// Patterns: a segment is a literal, `{name}` for any one segment that is not empty, or, at the end,
// `{name*}` for everything that is left, which may be nothing. A literal beats a parameter, and
// that beats a rest-parameter. Slashes count: "/a" and "/a/" are different. Patterns are written
// decoded ("/my files") and compared with the decoded segments of the path.
//
// Handlers: anything callable as Response(const Request&), or, to take the body in as it arrives,
// as std::unique_ptr<BodyReceiver>(const Request&). They run one at a time per worker unless the
// server is started with --threads.
//
// Everything here throws std::logic_error after the block of APPSERVER_APP. [zygote] (the handlers
// and middleware: [worker])
template <typename Self>
class Routes {
 public:
  // Each adds one route.
  // Errors: throws std::invalid_argument naming the pattern when it is malformed or when the method
  // has a route of the same shape already. Left uncaught, it fails the load with that text.
  template <typename Handler>
  Self& get(std::string_view pattern, Handler&& handler) {
    return route("GET", pattern, std::forward<Handler>(handler));
  }
  template <typename Handler>
  Self& head(std::string_view pattern, Handler&& handler) {
    return route("HEAD", pattern, std::forward<Handler>(handler));
  }
  template <typename Handler>
  Self& post(std::string_view pattern, Handler&& handler) {
    return route("POST", pattern, std::forward<Handler>(handler));
  }
  template <typename Handler>
  Self& put(std::string_view pattern, Handler&& handler) {
    return route("PUT", pattern, std::forward<Handler>(handler));
  }
  template <typename Handler>
  Self& patch(std::string_view pattern, Handler&& handler) {
    return route("PATCH", pattern, std::forward<Handler>(handler));
  }
  // The method DELETE; `delete` is a word of the language.
  template <typename Handler>
  Self& del(std::string_view pattern, Handler&& handler) {
    return route("DELETE", pattern, std::forward<Handler>(handler));
  }
  template <typename Handler>
  Self& options(std::string_view pattern, Handler&& handler) {
    return route("OPTIONS", pattern, std::forward<Handler>(handler));
  }
  // Every method, also OPTIONS and HEAD, that has no route of its own with this pattern.
  template <typename Handler>
  Self& any(std::string_view pattern, Handler&& handler) {
    return route(detail::kAnyMethod, pattern, std::forward<Handler>(handler));
  }
  // Any method by its name: route("PROPFIND", "/dav/{path*}", handler).
  template <typename Handler>
  Self& route(std::string_view method, std::string_view pattern, Handler&& handler) {
    blueprint_->add_route(*scope_, method, pattern,
                          detail::make_handler(std::forward<Handler>(handler)));
    return self();
  }

  // Puts a middleware around all routes in here; see middleware.hpp.
  template <typename Middleware>
  Self& use(Middleware&& middleware) {
    blueprint_->check_open();
    scope_->layers.push_back(detail::make_layer(std::forward<Middleware>(middleware)));
    return self();
  }

  // Says what becomes of exceptions of type `Error` that handlers and middleware in here throw:
  //   app.on_error<DatabaseError>([](const appserver::Request& r, const DatabaseError& error) {
  //     r.log().error(error.what());
  //     return appserver::error_response(503);
  //   });
  // Several are tried in the order of declaration, then those of the group around. One may throw,
  // also the same exception again (`throw;`), to leave it to the group around. What is handled is
  // an answer: nothing is logged. An HttpError is an answer as well, and only given to a handler of
  // that type: on_error<HttpError>.
  // A handler may leave out the request and take the error alone. Only such a one is asked for
  // errors of a BodyReceiver, whose request is gone.
  template <typename Error = std::exception, typename Handler>
  Self& on_error(Handler&& handler) {
    blueprint_->check_open();
    using Made = detail::TypedErrorHandler<Error, std::decay_t<Handler>>;
    scope_->error_handlers.push_back(std::make_unique<Made>(std::forward<Handler>(handler)));
    return self();
  }

  // Answers requests below the prefix whose path has no route, instead of a plain 404. The status
  // is the handler's: do not forget it.
  // Errors: a second one replaces the first.
  template <typename Handler>
  Self& not_found(Handler&& handler) {
    return fallback(&detail::Scope::not_found, std::forward<Handler>(handler));
  }

  // Answers requests whose path has routes in here, but not for their method, instead of a plain
  // 405. The Allow field is added unless the handler sets it.
  template <typename Handler>
  Self& method_not_allowed(Handler&& handler) {
    return fallback(&detail::Scope::method_not_allowed, std::forward<Handler>(handler));
  }

  // Makes a group of routes whose patterns begin with `prefix`, with middleware, error handlers and
  // 404 of its own, inside of those that hold here:
  //   auto api = app.group("/api/{version}");
  //   api.use(appserver::cors({...}));
  //   api.get("/users/{id}", show_user);       // GET /api/{version}/users/{id}
  //   api.get("", api_index);                  // GET /api/{version}
  // An empty prefix makes a group that only has its own middleware.
  // Errors: throws std::invalid_argument when the prefix ends with a slash or is malformed.
  [[nodiscard]] Group group(std::string_view prefix);

  // The same, and lets `declare(Group&)` fill it in.
  template <typename Declare>
  Self& group(std::string_view prefix, Declare&& declare);

 protected:
  Routes(detail::Blueprint& blueprint, detail::Scope& scope) noexcept
      : blueprint_(&blueprint), scope_(&scope) {}
  ~Routes() = default;
  Routes(const Routes&) noexcept = default;
  Routes& operator=(const Routes&) noexcept = default;

 private:
  [[nodiscard]] Self& self() noexcept { return static_cast<Self&>(*this); }

  template <typename Handler>
  Self& fallback(std::unique_ptr<detail::Handler> detail::Scope::*kind, Handler&& handler) {
    static_assert(std::is_invocable_r_v<Response, std::decay_t<Handler>&, const Request&>,
                  "this handler answers at once: it returns an appserver::Response");
    blueprint_->check_open();
    scope_->*kind = detail::make_handler(std::forward<Handler>(handler));
    return self();
  }

  detail::Blueprint* blueprint_;  // the app's; pointers, as a group is a value
  detail::Scope* scope_;
};

// Routes below a prefix; see Routes::group(). A small value that stands for them: copy it freely,
// as long as the app lives.
class Group : public Routes<Group> {
 public:
  // Made by group().
  Group(detail::Blueprint& blueprint, detail::Scope& scope) noexcept : Routes(blueprint, scope) {}
};

template <typename Self>
Group Routes<Self>::group(std::string_view prefix) {
  return Group(*blueprint_, blueprint_->add_scope(*scope_, prefix));
}

template <typename Self>
template <typename Declare>
Self& Routes<Self>::group(std::string_view prefix, Declare&& declare) {
  Group made = group(prefix);
  declare(made);
  return self();
}

}  // namespace appserver
