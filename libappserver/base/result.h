#pragma once

#include <string>
#include <utility>
#include <variant>

namespace appserver {

// An expected failure, told to people: what happened, to what, and what to do about it.
// `Kind` separates the cases that a caller treats differently; most rooms define an enum of their
// own, the others use plain `Error`.
struct Error {
  std::string message;
};

// Wraps an error so that `return failure(...)` converts to any Result with that error type.
template <typename E>
struct Failure {
  E error;
};

template <typename E>
[[nodiscard]] Failure<std::decay_t<E>> failure(E&& error) {
  return {std::forward<E>(error)};
}
[[nodiscard]] inline Failure<Error> failure(std::string message) {
  return {Error{std::move(message)}};
}

// A value or the reason why there is none. Member names are those of std::expected, which g++ 12
// offers only for C++23.
// Requires: value() only after has_value(), error() only after !has_value().
template <typename T, typename E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  template <typename F>
  Result(Failure<F> failed) : state_(std::in_place_index<1>, std::move(failed.error)) {}

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  [[nodiscard]] T& value() & { return std::get<0>(state_); }
  [[nodiscard]] const T& value() const& { return std::get<0>(state_); }
  [[nodiscard]] T&& value() && { return std::get<0>(std::move(state_)); }
  [[nodiscard]] T& operator*() & { return value(); }
  [[nodiscard]] const T& operator*() const& { return value(); }
  [[nodiscard]] T&& operator*() && { return std::move(*this).value(); }
  [[nodiscard]] T* operator->() { return &value(); }
  [[nodiscard]] const T* operator->() const { return &value(); }

  [[nodiscard]] E& error() & { return std::get<1>(state_); }
  [[nodiscard]] const E& error() const& { return std::get<1>(state_); }
  [[nodiscard]] E&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, E> state_;
};

// Success without a value: `return ok();`
using Ok = std::monostate;
[[nodiscard]] inline Ok ok() noexcept {
  return {};
}

}  // namespace appserver
