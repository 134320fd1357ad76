#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/url.hpp>

// Not part of the user's interface: the path of a request, as the router walks it.
namespace appserver::detail {

// The path of a request, raw and decoded. Allocates only when the raw path contains escapes.
class RequestPath {
 public:
  // A path without escapes, or one that no route can match and that is only shown.
  // Requires: `raw` outlives the object.
  explicit RequestPath(std::string_view raw) noexcept : raw_(raw) {}

  // Requires: `raw` outlives the object.
  // Returns: nullopt when an escape is malformed or the decoded path contains a NUL byte, which no
  // honest client sends and which would cut names short in C interfaces.
  [[nodiscard]] static std::optional<RequestPath> parse(std::string_view raw) {
    if (raw.find('%') == std::string_view::npos) {
      if (raw.find('\0') != std::string_view::npos) {
        return std::nullopt;
      }
      return std::optional<RequestPath>(std::in_place, raw);
    }
    std::optional<std::string> text = url::percent_decode(raw);
    if (!text || text->find('\0') != std::string::npos) {
      return std::nullopt;
    }
    return RequestPath(raw, std::move(*text));
  }

  [[nodiscard]] std::string_view raw() const noexcept { return raw_; }
  // The view is valid as long as this object stays where it is.
  [[nodiscard]] std::string_view decoded() const noexcept {
    return decoded_.empty() ? raw_ : std::string_view(decoded_);
  }

 private:
  RequestPath(std::string_view raw, std::string decoded) noexcept
      : raw_(raw), decoded_(std::move(decoded)) {}

  std::string_view raw_;
  std::string decoded_;  // empty when the raw path has no escapes: both are the same text then
};

// What is left of a path while the router descends. It splits on the slashes of the raw path and
// hands out decoded text, so that an escaped slash (%2F) stays inside its segment.
class PathCursor {
 public:
  // Stands after the leading slash. Requires: the path begins with '/' and stays where it is.
  explicit PathCursor(const RequestPath& path) noexcept
      : raw_(path.raw().substr(1)), decoded_(path.decoded().substr(1)) {}

  // Whether the last segment has been taken.
  [[nodiscard]] bool at_end() const noexcept { return at_end_; }

  // Everything that is left, decoded.
  [[nodiscard]] std::string_view rest() const noexcept { return decoded_; }

  // Takes the next segment, decoded; it is empty between two slashes and after a last one.
  // Requires: !at_end().
  [[nodiscard]] std::string_view next_segment() noexcept {
    const std::size_t slash = raw_.find('/');
    at_end_ = slash == std::string_view::npos;
    const std::size_t raw_length = std::min(slash, raw_.size());
    const std::size_t length = decoded_length(raw_.substr(0, raw_length));
    const std::string_view segment = decoded_.substr(0, length);
    const std::size_t skip = at_end_ ? 0 : 1;
    raw_.remove_prefix(raw_length + skip);
    decoded_.remove_prefix(length + skip);
    return segment;
  }

 private:
  // Each escape is three raw bytes for one decoded byte.
  [[nodiscard]] std::size_t decoded_length(std::string_view raw_segment) const noexcept {
    if (raw_.size() == decoded_.size()) {
      return raw_segment.size();
    }
    const auto escapes = std::count(raw_segment.begin(), raw_segment.end(), '%');
    return raw_segment.size() - 2 * static_cast<std::size_t>(escapes);
  }

  std::string_view raw_;
  std::string_view decoded_;
  bool at_end_ = false;
};

}  // namespace appserver::detail
