#include "config/body_pattern.h"

#include <utility>

#include <boost/regex.hpp>

#include "config/quote.h"

namespace appserver::config {

struct BodyPattern::Compiled {
  boost::regex expression;
};

BodyPattern::BodyPattern(std::unique_ptr<const Compiled> compiled)
    : compiled_(std::move(compiled)) {}
BodyPattern::BodyPattern(BodyPattern&&) noexcept = default;
BodyPattern& BodyPattern::operator=(BodyPattern&&) noexcept = default;
BodyPattern::~BodyPattern() = default;

// The library reports by exceptions; they end here.
Result<BodyPattern> BodyPattern::compile(const std::string& pattern) {
  try {
    return BodyPattern(std::make_unique<const Compiled>(Compiled{boost::regex(pattern)}));
  } catch (const boost::regex_error& error) {
    return failure("is no regular expression: " + printable(error.what()));
  }
}

Result<bool> BodyPattern::is_found_in(std::string_view body) const {
  try {
    return boost::regex_search(body.begin(), body.end(), compiled_->expression);
  } catch (const std::exception& error) {
    return failure("the pattern cannot be looked for: " + printable(error.what()));
  }
}

}  // namespace appserver::config
