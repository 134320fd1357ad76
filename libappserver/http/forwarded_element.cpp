#include "http/forwarded_element.h"

#include "http/grammar.h"

namespace appserver::http {
namespace {

using Kind = ForwardedNode::Kind;

// Obfuscated nodes and ports: "_" and letters of this set (RFC 7239 section 6.3).
constexpr CharClass kObfuscatedChars{"._-"};

bool is_obfuscated(std::string_view text) noexcept {
  return text.size() > 1 && text.front() == '_' && kObfuscatedChars.contains_all(text);
}

ForwardedNode with_port(std::string_view host, std::string_view port) noexcept {
  const auto number = is_obfuscated(port) ? std::optional<std::uint16_t>(0) : read_port(port);
  const auto address = number ? net::PeerAddress::parse(host, *number) : std::nullopt;
  return address ? ForwardedNode{Kind::Address, *address} : ForwardedNode{};
}

ForwardedNode without_port(std::string_view host) noexcept {
  const auto address = net::PeerAddress::parse(host);
  return address ? ForwardedNode{Kind::Address, *address} : ForwardedNode{};
}

std::string_view without_zone(std::string_view v6) noexcept {
  return v6.substr(0, v6.find('%'));
}

// What stands in brackets is IPv6 and nothing else.
ForwardedNode read_bracketed(std::string_view text) noexcept {
  const std::size_t end = text.find(']');
  if (end == std::string_view::npos) {
    return {};
  }
  const std::string_view host = without_zone(text.substr(1, end - 1));
  if (host.find(':') == std::string_view::npos) {
    return {};
  }
  const std::string_view rest = text.substr(end + 1);
  if (rest.empty()) {
    return without_port(host);
  }
  return rest.front() == ':' ? with_port(host, rest.substr(1)) : ForwardedNode{};
}

// Reads pairs off the front of an element.
class PairReader {
 public:
  explicit PairReader(std::string_view text) noexcept : rest_(text) {}

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

  bool take(char c) noexcept {
    const bool is_there = rest_.starts_with(c);
    rest_.remove_prefix(is_there ? 1 : 0);
    return is_there;
  }

  void skip_space() noexcept {
    while (take(' ') || take('\t')) {
    }
  }

  // Returns: what is there of a token; empty for none.
  std::string_view take_token() noexcept {
    std::size_t size = 0;
    while (size < rest_.size() && kTokenChars.contains(rest_[size])) {
      ++size;
    }
    const std::string_view token = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return token;
  }

  // Returns: a token, or what a quoted string holds with its backslashes; nullopt for neither.
  std::optional<std::string_view> take_value() noexcept {
    if (!take('"')) {
      const std::string_view token = take_token();
      return token.empty() ? std::nullopt : std::optional(token);
    }
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        const std::string_view content = rest_.substr(0, i);
        rest_.remove_prefix(i + 1);
        return content;
      }
      i += rest_[i] == '\\' ? 1U : 0U;
    }
    return std::nullopt;
  }

 private:
  std::string_view rest_;
};

// Returns: whether this pair can be part of `element`.
bool set(ForwardedElement& element, std::string_view name, std::string_view value) noexcept {
  std::string_view* part = nullptr;
  if (equals_lower(name, "for")) {
    part = &element.client;
  } else if (equals_lower(name, "proto")) {
    part = &element.proto;
  } else if (equals_lower(name, "host")) {
    part = &element.host;
  } else {
    return true;
  }
  if (!part->empty() || value.find('\\') != std::string_view::npos) {
    return false;
  }
  *part = value;
  return true;
}

}  // namespace

std::optional<std::uint16_t> read_port(std::string_view digits) noexcept {
  if (digits.empty() || digits.size() > 5) {
    return std::nullopt;
  }
  unsigned port = 0;
  for (const char c : digits) {
    if (!is_digit(c)) {
      return std::nullopt;
    }
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  return port <= 65535 ? std::optional(static_cast<std::uint16_t>(port)) : std::nullopt;
}

ForwardedNode read_node(std::string_view text) noexcept {
  if (text.empty() || equals_lower(text, "unknown") || is_obfuscated(text)) {
    return {Kind::Hidden};
  }
  if (text == "unix:") {
    return {Kind::Address};
  }
  if (text.front() == '[') {
    return read_bracketed(text);
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return without_port(text);
  }
  if (text.find(':', colon + 1) != std::string_view::npos) {
    return without_port(without_zone(text));
  }
  const std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (equals_lower(host, "unknown") || is_obfuscated(host)) {
    return {read_port(port) || is_obfuscated(port) ? Kind::Hidden : Kind::Malformed};
  }
  return with_port(host, port);
}

std::optional<ForwardedElement> read_element(std::string_view text) noexcept {
  ForwardedElement element;
  PairReader reader(text);
  for (;;) {
    reader.skip_space();
    const std::string_view name = reader.take_token();  // Pairs may be missing: ";;" is fine.
    if (!name.empty()) {
      const auto value = reader.take('=') ? reader.take_value() : std::nullopt;
      if (!value || !set(element, name, *value)) {
        return std::nullopt;
      }
    }
    reader.skip_space();
    if (reader.at_end()) {
      return element;
    }
    if (!reader.take(';')) {
      return std::nullopt;
    }
  }
}

std::size_t last_unquoted_comma(std::string_view list) noexcept {
  bool is_quoted = false;
  for (std::size_t end = list.size(); end > 0; --end) {
    const std::size_t at = end - 1;
    if (list[at] == ',' && !is_quoted) {
      return at;
    }
    if (list[at] == '"') {
      // Of a run of backslashes before a quote each second one escapes the next: with an odd number
      // the quote is content.
      std::size_t run = 0;
      while (run < at && list[at - 1 - run] == '\\') {
        ++run;
      }
      is_quoted = is_quoted != (run % 2 == 0);
    }
  }
  return std::string_view::npos;
}

}  // namespace appserver::http
