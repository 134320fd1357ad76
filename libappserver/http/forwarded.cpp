#include "http/forwarded.h"

#include <cstddef>
#include <optional>

#include "http/forwarded_element.h"
#include "http/grammar.h"
#include "http/host_syntax.h"

namespace appserver::http {
namespace {

using net::PeerAddress;

constexpr Refusal kBadHop{400, "A proxy sent an unreadable X-Forwarded-For or Forwarded field."};
constexpr Refusal kBadScheme{400, "A proxy named a scheme that is neither http nor https."};
constexpr Refusal kBadHost{400,
                           "A proxy sent an X-Forwarded-Host or Forwarded field with an "
                           "invalid host."};
constexpr Refusal kBadPort{400, "A proxy sent an X-Forwarded-Port field that is not a port."};
constexpr Refusal kTwoClients{400,
                              "The X-Forwarded-For and Forwarded fields contradict each "
                              "other."};
constexpr Refusal kTwoSchemes{400, "The forwarding fields name different schemes."};
constexpr Refusal kTwoHosts{400,
                            "The X-Forwarded-Host and Forwarded fields contradict each "
                            "other."};

enum class Role : std::uint8_t { None, For, Proto, Protocol, Ssl, Host, Port, Forwarded };

Role role_of(std::string_view name) noexcept {
  constexpr std::string_view kPrefix = "x-forwarded-";
  if (name.size() == 9) {
    return equals_lower(name, "forwarded") ? Role::Forwarded : Role::None;
  }
  if (name.size() < 15 || name.size() > 20 ||
      !equals_lower(name.substr(0, kPrefix.size()), kPrefix)) {
    return Role::None;
  }
  struct Named {
    std::string_view suffix;
    Role role;
  };
  constexpr Named kRoles[] = {{"for", Role::For},   {"proto", Role::Proto},
                              {"host", Role::Host}, {"port", Role::Port},
                              {"ssl", Role::Ssl},   {"protocol", Role::Protocol}};
  for (const Named& named : kRoles) {
    if (equals_lower(name.substr(kPrefix.size()), named.suffix)) {
      return named.role;
    }
  }
  return Role::None;
}

// The members of a list field over all its lines, from the last one to the first. Empty members are
// skipped (RFC 9110 section 5.6.1.2). Reading from the end finds the members of the nearest proxy
// whatever a client has put before them, unbalanced quotes included.
class BackwardMembers {
 public:
  BackwardMembers(std::span<const Field> fields, Role role) noexcept
      : fields_(fields), left_(fields.size()), role_(role) {}

  [[nodiscard]] std::optional<std::string_view> next() noexcept {
    while (in_line_ || enter_line()) {
      const std::size_t comma =
          role_ == Role::Forwarded ? last_unquoted_comma(rest_) : rest_.rfind(',');
      in_line_ = comma != std::string_view::npos;
      const std::string_view member = trimmed(rest_.substr(in_line_ ? comma + 1 : 0));
      rest_ = rest_.substr(0, in_line_ ? comma : 0);
      if (!member.empty()) {
        return member;
      }
    }
    return std::nullopt;
  }

 private:
  bool enter_line() noexcept {
    while (left_ > 0) {
      --left_;
      if (role_of(fields_[left_].name) == role_) {
        rest_ = fields_[left_].value;
        return in_line_ = true;
      }
    }
    return false;
  }

  std::span<const Field> fields_;
  std::size_t left_;  // Lines not yet entered.
  std::string_view rest_;
  Role role_;
  bool in_line_ = false;
};

std::optional<Scheme> read_scheme(std::string_view text) noexcept {
  if (equals_lower(text, "https") || equals_lower(text, "wss")) {
    return Scheme::Https;
  }
  return equals_lower(text, "http") || equals_lower(text, "ws") ? std::optional(Scheme::Http)
                                                                : std::nullopt;
}

std::optional<Scheme> read_scheme(Role role, std::string_view text) noexcept {
  if (role == Role::Ssl) {
    if (equals_lower(text, "on")) {
      return Scheme::Https;
    }
    return equals_lower(text, "off") ? std::optional(Scheme::Http) : std::nullopt;
  }
  if (role == Role::Protocol && equals_lower(text, "ssl")) {
    return Scheme::Https;
  }
  return read_scheme(text);
}

std::string_view last_member(std::string_view list) noexcept {
  std::string_view last;
  for_each_member(list,
                  [&last](std::string_view member) { last = member.empty() ? last : member; });
  return last;
}

bool are_same_host(std::string_view left, std::string_view right) noexcept {
  if (left.size() != right.size()) {
    return false;
  }
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (to_lower(left[i]) != to_lower(right[i])) {
      return false;
    }
  }
  return true;
}

// Collects what the fields of one request say.
class Evidence {
 public:
  Evidence(std::span<const Field> fields, const net::TrustList& trusted) noexcept
      : fields_(fields), trusted_(trusted) {}

  [[nodiscard]] Verdict collect() noexcept;
  void apply_to(Provenance& provenance) const noexcept;

 private:
  [[nodiscard]] Verdict take_field(const Field& field) noexcept;
  [[nodiscard]] Verdict take_schemes(Role role, std::string_view list) noexcept;
  [[nodiscard]] Verdict take_scheme(std::optional<Scheme> scheme) noexcept;
  [[nodiscard]] Verdict take_host(std::string_view host) noexcept;
  [[nodiscard]] Verdict take_port(std::string_view digits) noexcept;
  template <typename NodeOf>
  [[nodiscard]] Verdict walk(Role role, NodeOf node_of) noexcept;
  [[nodiscard]] Verdict follow_forwarded() noexcept;

  std::span<const Field> fields_;
  const net::TrustList& trusted_;
  bool has_for_ = false;
  bool has_forwarded_ = false;
  std::optional<PeerAddress> client_;
  std::optional<Scheme> scheme_;
  std::string_view host_;
  std::uint16_t port_ = 0;
};

Verdict Evidence::collect() noexcept {
  for (const Field& field : fields_) {
    if (const Verdict verdict = take_field(field); verdict != kAccepted) {
      return verdict;
    }
  }
  if (!host_.empty() && !is_authority(host_)) {
    return &kBadHost;
  }
  if (has_for_) {
    if (const Verdict verdict = walk(Role::For, &read_node); verdict != kAccepted) {
      return verdict;
    }
  }
  return has_forwarded_ ? follow_forwarded() : kAccepted;
}

Verdict Evidence::take_field(const Field& field) noexcept {
  const Role role = role_of(field.name);
  switch (role) {
    case Role::None:
      break;
    case Role::For:
      has_for_ = true;
      break;
    case Role::Forwarded:
      has_forwarded_ = true;
      break;
    case Role::Proto:
    case Role::Protocol:
    case Role::Ssl:
      return take_schemes(role, field.value);
    case Role::Host:
      if (const std::string_view host = last_member(field.value); !host.empty()) {
        host_ = host;
      }
      break;
    case Role::Port:
      return take_port(last_member(field.value));
  }
  return kAccepted;
}

// All members must agree: proxies overwrite this field, so that a list is a client's word with the
// proxy's behind it.
Verdict Evidence::take_schemes(Role role, std::string_view list) noexcept {
  Verdict verdict = kAccepted;
  for_each_member(list, [&](std::string_view member) {
    if (verdict == kAccepted && !member.empty()) {
      verdict = take_scheme(read_scheme(role, member));
    }
  });
  return verdict;
}

Verdict Evidence::take_scheme(std::optional<Scheme> scheme) noexcept {
  if (!scheme) {
    return &kBadScheme;
  }
  if (scheme_ && *scheme_ != *scheme) {
    return &kTwoSchemes;
  }
  scheme_ = scheme;
  return kAccepted;
}

Verdict Evidence::take_port(std::string_view digits) noexcept {
  if (!digits.empty()) {
    const auto port = read_port(digits);
    if (!port || *port == 0) {
      return &kBadPort;
    }
    port_ = *port;
  }
  return kAccepted;
}

Verdict Evidence::take_host(std::string_view host) noexcept {
  if (!is_authority(host)) {
    return &kBadHost;
  }
  if (!host_.empty() && !are_same_host(host_, host)) {
    return &kTwoHosts;
  }
  host_ = host;
  return kAccepted;
}

// Walks the chain of `role` from its end; node_of(member) reads a member.
template <typename NodeOf>
Verdict Evidence::walk(Role role, NodeOf node_of) noexcept {
  BackwardMembers members(fields_, role);
  std::optional<PeerAddress> client;
  while (const auto member = members.next()) {
    const ForwardedNode node = node_of(*member);
    if (node.kind == ForwardedNode::Kind::Malformed) {
      return &kBadHop;
    }
    if (node.kind == ForwardedNode::Kind::Hidden) {
      break;
    }
    client = node.address;
    if (!trusted_.trusts(node.address)) {
      break;
    }
  }
  if (client_ && client && !client_->is_same_host(*client)) {
    return &kTwoClients;
  }
  client_ = client_ ? client_ : client;
  return kAccepted;
}

Verdict Evidence::follow_forwarded() noexcept {
  ForwardedElement last;  // The one that the walk ended at.
  const Verdict verdict = walk(Role::Forwarded, [&last](std::string_view member) {
    const auto element = read_element(member);
    last = element.value_or(ForwardedElement{});
    return element ? read_node(element->client) : ForwardedNode{};
  });
  if (verdict != kAccepted) {
    return verdict;
  }
  if (!last.proto.empty()) {
    if (const Verdict bad = take_scheme(read_scheme(last.proto)); bad != kAccepted) {
      return bad;
    }
  }
  return last.host.empty() ? kAccepted : take_host(last.host);
}

void Evidence::apply_to(Provenance& provenance) const noexcept {
  provenance.client = client_.value_or(provenance.client);
  provenance.scheme = scheme_.value_or(provenance.scheme);
  provenance.host = host_.empty() ? provenance.host : host_;
  provenance.port = port_ == 0 ? provenance.port : port_;
}

}  // namespace

Verdict apply_forwarded(std::span<const Field> fields, const net::TrustList& trusted,
                        Provenance& provenance) noexcept {
  Evidence evidence(fields, trusted);
  const Verdict verdict = evidence.collect();
  if (verdict == kAccepted) {
    evidence.apply_to(provenance);
  }
  return verdict;
}

}  // namespace appserver::http
