#include "http/head_rules.h"

#include "http/grammar.h"
#include "http/host_syntax.h"
#include "http/target_syntax.h"

namespace appserver::http {
namespace {

constexpr Refusal kBadTarget{400, "The request target is not valid for this method."};
constexpr Refusal kBadHost{400, "The Host field is not a valid host and port."};
constexpr Refusal kSeveralHosts{400, "The request has more than one Host field."};
constexpr Refusal kNoHost{400, "An HTTP/1.1 request must have a Host field."};
constexpr Refusal kSeveralLengths{400, "The request has more than one Content-Length field."};
constexpr Refusal kBadLength{400, "The Content-Length field is not a number."};
constexpr Refusal kLengthAndCoding{
    400, "The request has both a Content-Length and a Transfer-Encoding field."};
constexpr Refusal kSeveralCodings{400, "The request has more than one Transfer-Encoding field."};
constexpr Refusal kOldCoding{400, "HTTP/1.0 knows no Transfer-Encoding."};
constexpr Refusal kBadCoding{400, "The Transfer-Encoding field must be exactly 'chunked'."};
constexpr Refusal kUnknownCoding{501, "The request uses a transfer coding that is not supported."};
constexpr Refusal kConnect{501, "This server is not a proxy: CONNECT is not supported."};
constexpr Refusal kTrace{501, "TRACE is not supported."};
constexpr Refusal kExpectation{417, "The only supported expectation is 100-continue."};

// Whether a coding list ends in its only `chunked`, after other codings: then the body's end is
// certain and only its meaning is unknown to us. Any other list leaves the end open to guesses,
// for which RFC 9112 section 6.3 demands a 400.
bool is_framed_by_unknown_codings(std::string_view list) {
  bool tokens = true;
  bool last_is_chunked = false;
  int chunked = 0;
  for_each_member(list, [&](std::string_view coding) {
    tokens = tokens && is_token(coding);
    last_is_chunked = equals_lower(coding, "chunked");
    chunked += last_is_chunked ? 1 : 0;
  });
  return tokens && last_is_chunked && chunked == 1;
}

}  // namespace

Verdict HeadRules::request_line(std::string_view method, std::string_view target,
                                int minor_version) {
  const auto parts = read_target(method, target);
  if (!parts) {
    return &kBadTarget;
  }
  head_.method = method;
  head_.target = target;
  head_.path = parts->path;
  head_.query = parts->query;
  head_.minor_version = minor_version;
  if (parts->form == Target::Form::Absolute) {
    authority_ = parts->authority;
  }
  return kAccepted;
}

Verdict HeadRules::field(FieldRole role, std::string_view name, std::string_view value) {
  Verdict verdict = kAccepted;
  switch (role) {
    case FieldRole::Plain:
      if (!limits_.keep_underscore_names && name.find('_') != std::string_view::npos) {
        return kAccepted;
      }
      break;
    case FieldRole::Host:
      verdict = host(value);
      break;
    case FieldRole::ContentLength:
      verdict = content_length(value);
      break;
    case FieldRole::TransferEncoding:
      ++transfer_encoding_fields_;
      transfer_coding_ = value;
      break;
    case FieldRole::Connection:
      connection(value);
      break;
    case FieldRole::Expect:
      expect(value);
      break;
  }
  head_.fields.push_back({name, value});
  return verdict;
}

Verdict HeadRules::host(std::string_view value) {
  if (++host_fields_ > 1) {
    return &kSeveralHosts;
  }
  host_index_ = head_.fields.size();
  // An empty Host says that the target URI has no authority (RFC 9110 section 7.2), which an
  // absolute http URI contradicts.
  const bool may_be_empty = authority_.empty();
  const bool good = value.empty() ? may_be_empty : is_authority(value);
  return good ? kAccepted : &kBadHost;
}

// The wire parser accepts a list of equal numbers; a peer in front of us may read it otherwise.
Verdict HeadRules::content_length(std::string_view value) {
  if (++content_length_fields_ > 1) {
    return &kSeveralLengths;
  }
  for (const char c : value) {
    if (!is_digit(c)) {
      return &kBadLength;
    }
  }
  return value.empty() ? &kBadLength : kAccepted;
}

void HeadRules::connection(std::string_view value) {
  for_each_member(value, [this](std::string_view option) {
    says_close_ = says_close_ || equals_lower(option, "close");
    says_keep_alive_ = says_keep_alive_ || equals_lower(option, "keep-alive");
  });
}

void HeadRules::expect(std::string_view value) {
  for_each_member(value, [this](std::string_view expectation) {
    if (equals_lower(expectation, "100-continue")) {
      expects_continue_ = true;
    } else if (!expectation.empty()) {
      expects_unknown_ = true;
    }
  });
}

Verdict HeadRules::finish(std::optional<std::uint64_t> content_length) {
  if (const Verdict verdict = judge_framing(); verdict != kAccepted) {
    return verdict;
  }
  if (const Verdict verdict = judge_host(); verdict != kAccepted) {
    return verdict;
  }
  if (const Verdict verdict = judge_method(); verdict != kAccepted) {
    return verdict;
  }
  const bool is_1_1 = head_.minor_version == 1;
  // RFC 9110 section 10.1.1: an expectation in an HTTP/1.0 request is ignored.
  if (is_1_1 && expects_unknown_) {
    return &kExpectation;
  }
  head_.expects_continue = is_1_1 && expects_continue_;
  head_.keep_alive = !says_close_ && (is_1_1 || says_keep_alive_);
  head_.chunked = transfer_encoding_fields_ != 0;
  head_.content_length = content_length;
  return kAccepted;
}

Verdict HeadRules::judge_framing() const {
  if (transfer_encoding_fields_ == 0) {
    return kAccepted;
  }
  if (content_length_fields_ != 0) {
    return &kLengthAndCoding;
  }
  if (head_.minor_version == 0) {
    return &kOldCoding;
  }
  if (transfer_encoding_fields_ > 1) {
    return &kSeveralCodings;
  }
  if (equals_lower(transfer_coding_, "chunked")) {
    return kAccepted;
  }
  return is_framed_by_unknown_codings(transfer_coding_) ? &kUnknownCoding : &kBadCoding;
}

Verdict HeadRules::judge_host() {
  if (host_fields_ == 0 && head_.minor_version == 1) {
    return &kNoHost;
  }
  if (!authority_.empty()) {
    if (host_fields_ == 0) {
      head_.fields.push_back({"Host", authority_});
    } else {
      head_.fields[host_index_].value = authority_;
    }
    head_.host = authority_;
  } else if (host_fields_ != 0) {
    head_.host = head_.fields[host_index_].value;
  }
  return kAccepted;
}

// RFC 9110 section 9.1: 501 is the answer to a method that the server does not implement at all.
// TRACE would send credentials back to a script; no app may do that by accident.
Verdict HeadRules::judge_method() const {
  if (head_.method == "CONNECT") {
    return &kConnect;
  }
  return head_.method == "TRACE" ? &kTrace : kAccepted;
}

}  // namespace appserver::http
