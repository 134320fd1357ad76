#pragma once

#include <cstdint>

#include "http/request_head.h"

namespace appserver::http {

// How much a client wants each content coding, in thousandths of its quality value; 0 is "not at
// all". identity is the content as it is.
struct AcceptedCodings {
  std::uint16_t br = 0;
  std::uint16_t gzip = 0;
  std::uint16_t identity = 0;
};

// Reads the Accept-Encoding lines of a request (RFC 9110 section 12.5.3). Pure. [any]
//
// Without the field any coding would be allowed, but who does not ask may not understand: br and
// gzip are then 0. identity that is not named, neither by `*`, is allowed and wanted least (1), so
// that any coding that is named goes before it; it is 0 only if it is forbidden by
// `identity;q=0` or `*;q=0`. `x-gzip` is gzip (8.4.1.3). A member with a fault is skipped; of a
// coding that is named twice the first counts.
[[nodiscard]] AcceptedCodings read_accept_encoding(const RequestHead& head);

}  // namespace appserver::http
