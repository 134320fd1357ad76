#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/peer_address.h"

namespace appserver::net {

// What the PROXY protocol says about a connection before its first byte of HTTP: versions 1 and 2
// as haproxy's doc/proxy-protocol.txt has them; section numbers here are of that text.
struct ProxyHeader {
  enum class Origin : std::uint8_t {
    // The connection is that of `source`.
    Client,
    // v2 LOCAL: the proxy itself speaks, for instance to check our health. The socket's own address
    // is the client's.
    Proxy,
    // v1 UNKNOWN, v2 UNSPEC or datagrams: it is somebody's connection and the proxy cannot say
    // whose. There is only the socket's own address to show; but it is the proxy's, and a client
    // must not inherit the trust in it.
    Unknown,
  };

  std::size_t size = 0;  // Bytes of the header: what comes behind them is the client's.
  Origin origin = Origin::Unknown;
  PeerAddress source;       // Only of Origin::Client; "unix" for AF_UNIX.
  PeerAddress destination;  // The same: where the client had connected to.
  bool over_tls = false;    // The client's connection used TLS (v2, section 2.2.6).
  // v2, section 2.2.5: what the proxy calls this connection, at most 128 bytes of any value; empty
  // when it said nothing. Points into the parsed bytes.
  std::string_view unique_id;
};

struct ProxyHeaderOutcome {
  enum class Progress : std::uint8_t { NeedMore, Complete, Failed };

  Progress progress = Progress::NeedMore;
  ProxyHeader header = {};       // When Complete.
  std::string_view reason = {};  // When Failed: a sentence, static text.
};

// No header is longer: 16 bytes and what we accept of the 64 KiB that v2 could announce. Real ones
// are below 1 KiB. A buffer of this size never fills up without an outcome.
inline constexpr std::size_t kLongestProxyHeader = 16 + 4096;

// Reads the header at the front of `bytes`, which are all bytes of the connection so far: after
// NeedMore it is called again with more. Both versions are told apart by their first byte. Strict:
// the first byte that cannot belong to a header fails, and so does a header with a wrong checksum,
// a malformed address or type-length-value, a v1 line without CRLF in its first 107 bytes, a
// command or family that the protocol does not know. Failed stays Failed with more bytes.
// [any] Pure, no allocation. A v2 header that is complete is read once, a v1 line at most 107
// times.
[[nodiscard]] ProxyHeaderOutcome read_proxy_header(std::string_view bytes) noexcept;

}  // namespace appserver::net
