#pragma once

#include <string_view>

namespace appserver::http {

// Why a request is not served: the status to answer with and a sentence for the client and the log.
// The reason is static text and never repeats what the client sent.
struct Refusal {
  unsigned status;
  std::string_view reason;
};

// The outcome of a check: null when the request may pass, else the (static) refusal.
using Verdict = const Refusal*;
inline constexpr Verdict kAccepted = nullptr;

}  // namespace appserver::http
