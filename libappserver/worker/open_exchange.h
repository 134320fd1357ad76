#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "net/peer_address.h"

namespace appserver::worker {

// An exchange that is under way, for people to read. Views live until its connection goes on.
struct OpenExchange {
  std::string_view method;  // This and the target are empty as long as the head is not there.
  std::string_view target;
  std::string_view phase;          // Static text: "sending the response".
  std::optional<TimePoint> since;  // How long it has been so, if that is known.
  net::PeerAddress peer;
  std::uint32_t earlier_requests = 0;  // Answered on the same connection.
};

}  // namespace appserver::worker
