#include "http/target_syntax.h"

#include <cstddef>

#include "http/grammar.h"
#include "http/host_syntax.h"

namespace appserver::http {
namespace {

// unreserved, sub-delims, `:` `@` `/` `?` `%` of RFC 3986, and the brackets that browsers send raw
// in queries. The one place to relax if more raw characters must be let through.
constexpr CharClass kTargetChars{"-._~!$&'()*+,;=:@/?%[]"};

// The length of "http://" or "https://" at the front, 0 for anything else.
std::size_t scheme_length(std::string_view target) {
  for (const std::string_view scheme :
       {std::string_view("http://"), std::string_view("https://")}) {
    if (equals_lower(target.substr(0, scheme.size()), scheme)) {
      return scheme.size();
    }
  }
  return 0;
}

void split_query(std::string_view text, Target& target) {
  const std::size_t mark = text.find('?');
  target.path = text.substr(0, mark);
  target.query = mark == std::string_view::npos ? std::string_view() : text.substr(mark + 1);
}

std::optional<Target> read_absolute(std::string_view method, std::string_view text) {
  const std::size_t scheme = scheme_length(text);
  if (scheme == 0) {
    return std::nullopt;
  }
  const std::string_view rest = text.substr(scheme);
  const std::size_t end = rest.find_first_of("/?");
  Target target{Target::Form::Absolute, rest.substr(0, end), {}, {}};
  if (!is_authority(target.authority)) {
    return std::nullopt;
  }
  if (end != std::string_view::npos) {
    split_query(rest.substr(end), target);
  }
  if (target.path.empty()) {
    // RFC 9112 section 3.2.4: a proxied `OPTIONS *` arrives as a URI without a path.
    const bool whole_server = method == "OPTIONS" && end == std::string_view::npos;
    target.path = whole_server ? "*" : "/";
  }
  return target;
}

}  // namespace

std::optional<Target> read_target(std::string_view method, std::string_view target) {
  if (target.empty() || !kTargetChars.contains_all(target)) {
    return std::nullopt;
  }
  if (method == "CONNECT") {
    if (!is_authority_with_port(target)) {
      return std::nullopt;
    }
    return Target{Target::Form::Authority, target, {}, {}};
  }
  if (target.front() == '/') {
    Target origin{Target::Form::Origin, {}, {}, {}};
    split_query(target, origin);
    return origin;
  }
  if (target == "*") {
    if (method != "OPTIONS") {
      return std::nullopt;
    }
    return Target{Target::Form::Asterisk, {}, target, {}};
  }
  return read_absolute(method, target);
}

}  // namespace appserver::http
