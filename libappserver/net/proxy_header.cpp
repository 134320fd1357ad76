#include "net/proxy_header.h"

#include <array>
#include <optional>
#include <utility>

#include <boost/crc.hpp>

namespace appserver::net {
namespace {

using Origin = ProxyHeader::Origin;
using Progress = ProxyHeaderOutcome::Progress;

constexpr std::string_view kNoHeader =
    "The connection does not start with a PROXY protocol header, which this server is configured "
    "to expect.";
constexpr std::string_view kLongLine = "The PROXY line has no CRLF in its first 107 bytes.";
constexpr std::string_view kBadLine = "The PROXY line is malformed.";
constexpr std::string_view kBadVersion = "The PROXY header is of an unknown version or command.";
constexpr std::string_view kBadFamily = "The PROXY header names an unknown family or protocol.";
constexpr std::string_view kTooLong = "The PROXY header is longer than this server accepts.";
constexpr std::string_view kTooShort = "The PROXY header is too short for its addresses.";
constexpr std::string_view kBadVector = "The PROXY header has a malformed type-length-value.";
constexpr std::string_view kBadChecksum = "The PROXY header does not match its checksum.";

ProxyHeaderOutcome failed(std::string_view reason) noexcept {
  return {.progress = Progress::Failed, .reason = reason};
}

ProxyHeaderOutcome complete(const ProxyHeader& header) noexcept {
  return {.progress = Progress::Complete, .header = header};
}

// Whether `bytes` are, as far as they go, the beginning of `expected` or go on behind it.
bool may_start_with(std::string_view bytes, std::string_view expected) noexcept {
  return bytes.substr(0, expected.size()) == expected.substr(0, bytes.size());
}

// --- version 1: a line of text (section 2.1) ---

constexpr std::string_view kLineStart = "PROXY ";
constexpr std::size_t kLongestLine = 107;

std::optional<std::uint16_t> read_port(std::string_view digits) noexcept {
  if (digits.empty() || digits.size() > 5 || (digits.size() > 1 && digits.front() == '0')) {
    return std::nullopt;
  }
  unsigned port = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  return port <= 65535 ? std::optional(static_cast<std::uint16_t>(port)) : std::nullopt;
}

std::optional<PeerAddress> read_endpoint(bool is_v6, std::string_view host,
                                         std::string_view port_digits) noexcept {
  const auto port = read_port(port_digits);
  const bool written_as_v6 = host.find(':') != std::string_view::npos;
  return port && written_as_v6 == is_v6 ? PeerAddress::parse(host, *port) : std::nullopt;
}

// Reads what follows "PROXY " without the CRLF: five words with one space between any two.
bool read_words(std::string_view text, ProxyHeader& header) noexcept {
  std::array<std::string_view, 5> words;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::size_t space = text.find(' ');
    const bool is_last = i + 1 == words.size();
    if (is_last != (space == std::string_view::npos)) {
      return false;
    }
    words[i] = text.substr(0, space);
    text.remove_prefix(is_last ? text.size() : space + 1);
  }
  const auto& [protocol, source_host, destination_host, source_port, destination_port] = words;
  const bool is_v6 = protocol == "TCP6";
  const auto source = read_endpoint(is_v6, source_host, source_port);
  const auto destination = read_endpoint(is_v6, destination_host, destination_port);
  if ((!is_v6 && protocol != "TCP4") || !source || !destination) {
    return false;
  }
  header.origin = Origin::Client;
  header.source = *source;
  header.destination = *destination;
  return true;
}

ProxyHeaderOutcome read_line(std::string_view bytes) noexcept {
  const std::size_t end = bytes.substr(0, kLongestLine).find("\r\n");
  if (end == std::string_view::npos) {
    return bytes.size() >= kLongestLine ? failed(kLongLine) : ProxyHeaderOutcome{};
  }
  const std::string_view text = bytes.substr(0, end).substr(kLineStart.size());
  ProxyHeader header;
  header.size = end + 2;
  // Whatever else stands behind UNKNOWN is to be ignored.
  const bool is_unknown = text == "UNKNOWN" || text.starts_with("UNKNOWN ");
  return is_unknown || read_words(text, header) ? complete(header) : failed(kBadLine);
}

// --- version 2: binary (section 2.2) ---

constexpr std::string_view kSignature{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t kFixedPart = 16;
constexpr std::size_t kLongestUniqueId = 128;

// Section 2.2, types of vectors.
constexpr unsigned kCrc32c = 0x03;
constexpr unsigned kUniqueId = 0x05;
constexpr unsigned kSsl = 0x20;
constexpr std::size_t kVectorStart = 3;       // A type and a length.
constexpr unsigned kClientUsedTls = 0x01;     // A bit of the first byte of kSsl.
constexpr std::size_t kSslFixedPart = 1 + 4;  // `client` and `verify`.

unsigned byte_at(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<unsigned char>(bytes[at]);
}

std::uint16_t number_at(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<std::uint16_t>(byte_at(bytes, at) << 8U | byte_at(bytes, at + 1));
}

std::uint32_t long_at(std::string_view bytes, std::size_t at) noexcept {
  return std::uint32_t{number_at(bytes, at)} << 16U | number_at(bytes, at + 2);
}

template <std::size_t size>
std::array<unsigned char, size> address_at(std::string_view bytes, std::size_t at) noexcept {
  std::array<unsigned char, size> address;
  for (std::size_t i = 0; i < size; ++i) {
    address[i] = static_cast<unsigned char>(bytes[at + i]);
  }
  return address;
}

// How a family's addresses lie in a header: both of them, then both ports.
struct Layout {
  std::size_t address;  // Bytes of one address.
  std::size_t whole;    // Bytes of all of it.
};

// By the high four bits of the 14th byte, minus one.
constexpr std::array<Layout, 3> kLayouts{Layout{4, 12}, Layout{16, 36}, Layout{108, 216}};

PeerAddress read_peer(std::string_view block, const Layout& layout, std::size_t which) noexcept {
  const std::size_t at = which * layout.address;
  const auto port = [&] { return number_at(block, 2 * layout.address + 2 * which); };
  switch (layout.address) {
    case 4:
      return PeerAddress::v4(address_at<4>(block, at), port());
    case 16:
      return PeerAddress::v6(address_at<16>(block, at), port());
    default:
      return {};  // The path of a unix socket tells nobody anything.
  }
}

// CRC-32C (RFC 4960 appendix B) of `bytes`, with the four of them at `hole` taken as zeros.
std::uint32_t checksum(std::string_view bytes, std::size_t hole) noexcept {
  constexpr std::array<char, 4> kZeros{};
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), hole);
  crc.process_bytes(kZeros.data(), kZeros.size());
  crc.process_bytes(bytes.data() + hole + 4, bytes.size() - hole - 4);
  return crc.checksum();
}

// Takes the vectors of one header. Those that nobody here needs are skipped. One that decides
// something may come once: two of them would be two truths.
class VectorReader {
 public:
  explicit VectorReader(ProxyHeader& header) noexcept : header_(header) {}

  // Returns: whether the value is one that `type` can have; `at` is its place in the header.
  [[nodiscard]] bool take(unsigned type, std::string_view value, std::size_t at) noexcept {
    switch (type) {
      case kCrc32c: {
        const bool is_good = value.size() == 4 && !checksum_at_;
        checksum_at_ = at;
        return is_good;
      }
      case kUniqueId:
        header_.unique_id = value;
        return value.size() <= kLongestUniqueId && !std::exchange(has_id_, true);
      case kSsl:
        header_.over_tls = !value.empty() && (byte_at(value, 0) & kClientUsedTls) != 0;
        return value.size() >= kSslFixedPart && !std::exchange(has_ssl_, true);
      default:
        return true;
    }
  }

  // Where the checksum stands in the header, if there is one.
  [[nodiscard]] std::optional<std::size_t> checksum_at() const noexcept { return checksum_at_; }

 private:
  ProxyHeader& header_;
  std::optional<std::size_t> checksum_at_;
  bool has_id_ = false;
  bool has_ssl_ = false;
};

// Reads the vectors of a whole header, from `at` to its end.
// Returns: the complaint, or an empty text.
std::string_view read_vectors(std::string_view bytes, std::size_t at,
                              ProxyHeader& header) noexcept {
  VectorReader reader(header);
  while (at < bytes.size()) {
    const std::size_t left = bytes.size() - at;
    if (left < kVectorStart || left - kVectorStart < number_at(bytes, at + 1)) {
      return kBadVector;
    }
    const std::string_view value = bytes.substr(at + kVectorStart, number_at(bytes, at + 1));
    if (!reader.take(byte_at(bytes, at), value, at + kVectorStart)) {
      return kBadVector;
    }
    at += kVectorStart + value.size();
  }
  const auto checksum_at = reader.checksum_at();
  return !checksum_at || checksum(bytes, *checksum_at) == long_at(bytes, *checksum_at)
             ? std::string_view{}
             : kBadChecksum;
}

// Reads a complete PROXY command.
ProxyHeaderOutcome read_block(std::string_view bytes, ProxyHeader header) noexcept {
  const unsigned family = byte_at(bytes, 13) >> 4U;
  const unsigned protocol = byte_at(bytes, 13) & 0x0FU;
  if (family > kLayouts.size() || protocol > 2) {
    return failed(kBadFamily);
  }
  if (family == 0 || protocol != 1) {
    // Where the addresses end is not known, and what they say must not be used.
    header.origin = Origin::Unknown;
    return complete(header);
  }
  const Layout& layout = kLayouts[family - 1];
  const std::string_view block = bytes.substr(kFixedPart);
  if (block.size() < layout.whole) {
    return failed(kTooShort);
  }
  header.origin = Origin::Client;
  header.source = read_peer(block, layout, 0);
  header.destination = read_peer(block, layout, 1);
  const std::string_view complaint = read_vectors(bytes, kFixedPart + layout.whole, header);
  return complaint.empty() ? complete(header) : failed(complaint);
}

ProxyHeaderOutcome read_binary(std::string_view bytes) noexcept {
  constexpr unsigned kLocal = 0x20;
  constexpr unsigned kProxy = 0x21;
  const unsigned command = bytes.size() > 12 ? byte_at(bytes, 12) : kLocal;
  if (command != kLocal && command != kProxy) {
    return failed(kBadVersion);
  }
  if (bytes.size() < kFixedPart) {
    return {};
  }
  ProxyHeader header;
  header.size = kFixedPart + number_at(bytes, 14);
  if (header.size > kLongestProxyHeader) {
    return failed(kTooLong);
  }
  if (bytes.size() < header.size) {
    return {};
  }
  if (command == kLocal) {
    header.origin = Origin::Proxy;  // The rest is to be discarded, the family included.
    return complete(header);
  }
  return read_block(bytes.substr(0, header.size), header);
}

}  // namespace

ProxyHeaderOutcome read_proxy_header(std::string_view bytes) noexcept {
  if (may_start_with(bytes, kSignature)) {
    return bytes.empty() ? ProxyHeaderOutcome{} : read_binary(bytes);
  }
  return may_start_with(bytes, kLineStart) ? read_line(bytes) : failed(kNoHeader);
}

}  // namespace appserver::net
