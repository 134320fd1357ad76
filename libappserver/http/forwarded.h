#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "http/field.h"
#include "http/refusal.h"
#include "net/cidr.h"
#include "net/peer_address.h"

namespace appserver::http {

enum class Scheme : std::uint8_t { Http, Https };

// Where a request comes from and what the client asked for, as far as it is known: first what the
// connection says, then corrected by what trusted proxies say.
struct Provenance {
  net::PeerAddress client;  // Port 0: not known, as proxies rarely pass it on.
  Scheme scheme = Scheme::Http;
  std::string_view host;   // Host, with its port if it was given; empty: as the request says.
  std::uint16_t port = 0;  // The port that the client had connected to; 0: not told.
};

// Corrects `provenance` by the fields X-Forwarded-For, -Proto, -Host, -Port, -Ssl and -Protocol and
// by Forwarded (RFC 7239). Field lines of one name are one list (RFC 9110 section 5.3).
//
// Client: each proxy appends the address that it was reached from, so that the list is read from
// its end: as long as an address is trusted, its own report, the entry before, is believed too. The
// client is the first address that is not trusted, or the last one there is. What stands before it
// was written by strangers and is never looked at. `unknown` and obfuscated names (RFC 7239
// section 6) end the walk: the client is then the nearest hop that is known.
//
// Scheme: `http` or `https` (`ws` and `wss` mean the same); X-Forwarded-Ssl says `on` or `off`,
// X-Forwarded-Protocol may say `ssl`. Host and port: the last member of X-Forwarded-Host and
// X-Forwarded-Port, which is the nearest proxy's. Of Forwarded, the element that the walk ended at
// speaks, since the hop that wrote it is trusted.
//
// Requires: the peer that sent these fields is trusted; from others they are not evidence, and this
// is not called. `trusted` decides about the further hops. Views in `provenance` point into the
// fields.
// Returns: a 400, with `provenance` unchanged, when what is believed cannot be read, or when two
// fields name different clients, schemes or hosts: one of them was then passed on from a stranger,
// and it is not known which.
// [worker] Pure, no allocation. Without any such field it costs one look at each name's length.
[[nodiscard]] Verdict apply_forwarded(std::span<const Field> fields, const net::TrustList& trusted,
                                      Provenance& provenance) noexcept;

}  // namespace appserver::http
