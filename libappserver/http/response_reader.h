#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace appserver::http {

// Reads one answer to one request of our own: of the checks of a deploy, or to a control socket.
// Interim answers (1xx) are passed over. [any] Does no I/O.
class ResponseReader {
 public:
  // Bodies beyond this are an error: what a check looks for stands in a page.
  static constexpr std::size_t kMostBody = 4 * 1024 * 1024;

  enum class Body {
    Limited,
    None,       // The request was a HEAD: the answer has none whatever its fields say.
    Unlimited,  // Whoever reads it takes it away as it comes.
  };
  explicit ResponseReader(Body kind);
  ResponseReader(const ResponseReader&) = delete;
  ResponseReader& operator=(const ResponseReader&) = delete;
  ~ResponseReader();

  // Takes bytes as they arrive. Returns: whether the answer is complete; then nothing more is read.
  // Errors: what is wrong with it.
  [[nodiscard]] Result<bool> feed(std::string_view bytes);
  // The server has closed. Errors: the answer is not complete.
  [[nodiscard]] Result<Ok> end();

  // Whether the head has come, which all of these require.
  [[nodiscard]] bool has_head() const;
  [[nodiscard]] unsigned status() const;
  // What has come of it so far.
  [[nodiscard]] const std::string& body() const;
  [[nodiscard]] std::string take_body();

 private:
  struct Parser;

  [[nodiscard]] Result<bool> parse();

  const Body kind_;
  std::string unread_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace appserver::http
