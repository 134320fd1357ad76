#pragma once

#include <cstddef>
#include <iterator>
#include <string_view>

#include <appserver/detail/host.hpp>

namespace appserver {

// One header field or cookie of a request: views that live as long as the request.
struct Field {
  std::string_view name;
  std::string_view value;
};

// The header fields of a request in order of arrival, names as the client wrote them:
//   for (const appserver::Field field : request.headers()) { ... }
class RequestHeaders {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Field;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = Field;

    Iterator() noexcept = default;
    explicit Iterator(const appserver_header* at) noexcept : at_(at) {}
    [[nodiscard]] Field operator*() const noexcept {
      return {detail::to_view(at_->name), detail::to_view(at_->value)};
    }
    Iterator& operator++() noexcept {
      ++at_;
      return *this;
    }
    Iterator operator++(int) noexcept { return Iterator(at_++); }
    [[nodiscard]] bool operator==(const Iterator&) const noexcept = default;

   private:
    const appserver_header* at_ = nullptr;
  };

  RequestHeaders(const appserver_header* first, std::size_t count) noexcept
      : first_(first), count_(count) {}
  [[nodiscard]] Iterator begin() const noexcept { return Iterator(first_); }
  [[nodiscard]] Iterator end() const noexcept { return Iterator(first_ + count_); }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }

 private:
  const appserver_header* first_;
  std::size_t count_;
};

}  // namespace appserver
