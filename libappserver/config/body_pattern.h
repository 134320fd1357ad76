#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace appserver::config {

// A regular expression (the syntax of Perl) that is looked for in a body. [any]
class BodyPattern {
 public:
  // Errors: where the pattern is wrong, and how.
  [[nodiscard]] static Result<BodyPattern> compile(const std::string& pattern);

  BodyPattern(BodyPattern&&) noexcept;
  BodyPattern& operator=(BodyPattern&&) noexcept;
  ~BodyPattern();

  // Errors: it takes too many steps to tell; such a pattern is of no use.
  [[nodiscard]] Result<bool> is_found_in(std::string_view body) const;

 private:
  struct Compiled;
  explicit BodyPattern(std::unique_ptr<const Compiled> compiled);

  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace appserver::config
