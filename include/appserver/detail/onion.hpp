#pragma once

#include <cstddef>
#include <vector>

#include <appserver/next.hpp>

// Not part of the user's interface: the layers around the handlers of one scope.
namespace appserver::detail {

class Handler;
class Layer;
struct Scope;

// Which layers a request of a scope passes, from the outermost to the handler in the middle. Made
// once, when the app is complete. Its functions are defined in scope.hpp. [zygote] [worker]
class Onion {
 public:
  // Requires: the scope is complete and outlives the onion.
  explicit Onion(const Scope& scope);

  // Runs the layers from the `at`-th on, and the handler. An error is made a response where it
  // arises, so that the layers further out see what the client gets.
  // Errors: throws what no error handler wants.
  [[nodiscard]] Response run(const Request& request, Handler& handler, std::size_t at) const;

 private:
  struct Ring {
    Layer* layer;
    const Scope* scope;  // whose error handlers its errors go to
  };

  const Scope& scope_;
  std::vector<Ring> rings_;
};

}  // namespace appserver::detail
