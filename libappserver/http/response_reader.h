#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace appserver::http {

// Reads one answer to one request of our own, for the checks of a deploy. Interim answers (1xx) are
// passed over. [any] Does no I/O.
class ResponseReader {
 public:
  // Bodies beyond this are an error: what a check looks for stands in a page.
  static constexpr std::size_t kMostBody = 4 * 1024 * 1024;

  // `to_head`: the request was a HEAD, so the answer has no body whatever its fields say.
  explicit ResponseReader(bool to_head);
  ResponseReader(const ResponseReader&) = delete;
  ResponseReader& operator=(const ResponseReader&) = delete;
  ~ResponseReader();

  // Takes bytes as they arrive. Returns: whether the answer is complete; then nothing more is read.
  // Errors: what is wrong with it.
  [[nodiscard]] Result<bool> feed(std::string_view bytes);
  // The server has closed. Errors: the answer is not complete.
  [[nodiscard]] Result<Ok> end();

  // Requires: the answer is complete.
  [[nodiscard]] unsigned status() const;
  [[nodiscard]] const std::string& body() const;

 private:
  struct Parser;

  [[nodiscard]] Result<bool> parse();

  bool to_head_;
  std::string unread_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace appserver::http
