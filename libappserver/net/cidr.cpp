#include "net/cidr.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>

namespace appserver::net {
namespace {

constexpr unsigned kMappedPrefix = 96;  // Of ::ffff:0:0/96.
constexpr std::string_view kBitsBeyondPrefix = "the address has bits beyond the prefix length";

std::optional<unsigned> parse_prefix(std::string_view digits) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool is_number = error == std::errc{} && end == digits.data() + digits.size();
  return is_number && number <= 128 ? std::optional(number) : std::nullopt;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

Failure<Error> bad_entry(std::string_view entry, std::string_view option, std::string_view why) {
  std::string message = "bad entry '";
  message.append(entry).append("' in ").append(option).append(": ").append(why);
  message.append(
      "; expected addresses such as 192.0.2.1, blocks such as 10.0.0.0/8, unix or *, separated by "
      "commas");
  return failure(std::move(message));
}

}  // namespace

// --- one block ---

Cidr::Words Cidr::words_of(const PeerAddress& address) noexcept {
  Words words;
  std::memcpy(words.data(), address.bytes().data(), sizeof words);
  return words;
}

Cidr::Cidr(const PeerAddress& base, unsigned prefix) noexcept : family_(base.family()) {
  std::array<unsigned char, 16> mask{};
  for (unsigned bit = 0; bit < prefix; ++bit) {
    mask[bit / 8] = static_cast<unsigned char>(mask[bit / 8] | (0x80U >> (bit % 8)));
  }
  std::memcpy(mask_.data(), mask.data(), sizeof mask_);
  const Words whole = words_of(base);
  base_ = {whole[0] & mask_[0], whole[1] & mask_[1]};
}

Result<Cidr> Cidr::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  const auto base = PeerAddress::parse(address);
  if (!base) {
    return failure(
        std::string("it is neither an IPv4 nor an IPv6 address; names are not looked "
                    "up"));
  }
  const bool written_as_v6 = address.find(':') != std::string_view::npos;
  const bool is_mapped = written_as_v6 && base->family() == PeerAddress::Family::V4;
  const unsigned most = written_as_v6 ? 128 : 32;
  unsigned prefix = most;
  if (slash != std::string_view::npos) {
    const auto given = parse_prefix(text.substr(slash + 1));
    if (!given || *given > most) {
      return failure("the prefix length is not a number from 0 to " + std::to_string(most));
    }
    prefix = *given;
  }
  if (is_mapped && prefix < kMappedPrefix) {
    return failure(std::string(kBitsBeyondPrefix));
  }
  const Cidr block(*base, is_mapped ? prefix - kMappedPrefix : prefix);
  if (block.base_ != words_of(*base)) {
    return failure(std::string(kBitsBeyondPrefix));
  }
  return block;
}

bool Cidr::contains(const PeerAddress& peer) const noexcept {
  const Words words = words_of(peer);
  return peer.family() == family_ &&
         (((words[0] ^ base_[0]) & mask_[0]) | ((words[1] ^ base_[1]) & mask_[1])) == 0;
}

// --- a list ---

Result<TrustList> TrustList::parse(std::string_view text, std::string_view option) {
  TrustList list;
  if (trim(text).empty()) {
    return list;
  }
  for (;;) {
    const std::size_t comma = text.find(',');
    const std::string_view entry = trim(text.substr(0, comma));
    if (entry == "*") {
      list.all_ = true;
    } else if (entry == "unix") {
      list.unix_ = true;
    } else if (auto block = Cidr::parse(entry); block) {
      list.blocks_.push_back(*block);
    } else {
      return bad_entry(entry, option, block.error().message);
    }
    if (comma == std::string_view::npos) {
      break;
    }
    text.remove_prefix(comma + 1);
  }
  list.unix_ = list.unix_ || list.trusts(*PeerAddress::parse("127.0.0.1")) ||
               list.trusts(*PeerAddress::parse("::1"));
  return list;
}

bool TrustList::trusts(const PeerAddress& peer) const noexcept {
  if (all_) {
    return true;
  }
  if (peer.family() == PeerAddress::Family::Unix) {
    return unix_;
  }
  return std::any_of(blocks_.begin(), blocks_.end(),
                     [&peer](const Cidr& block) { return block.contains(peer); });
}

}  // namespace appserver::net
