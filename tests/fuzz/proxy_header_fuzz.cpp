#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "net/proxy_header.h"
#include "require.h"

// Feeds a connection's first bytes to the reader of PROXY headers, whole and as each of its
// beginnings, and stops when the outcome depends on how they arrived or a promise is broken.
// Seeds: seeds/proxy_header.

namespace {

using appserver::net::kLongestProxyHeader;
using appserver::net::read_proxy_header;
using Progress = appserver::net::ProxyHeaderOutcome::Progress;
using appserver::fuzz::require;

// The outcome of the first `size` bytes, read in a block of exactly that size.
Progress progress_of(std::string_view bytes, std::size_t size) {
  const std::vector<char> block(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  const auto outcome = read_proxy_header({block.data(), block.size()});
  if (outcome.progress == Progress::NeedMore) {
    require(size < kLongestProxyHeader);
    return outcome.progress;
  }
  if (outcome.progress == Progress::Failed) {
    require(!outcome.reason.empty());
    return outcome.progress;
  }
  const auto& header = outcome.header;
  require(header.size > 0 && header.size <= size && header.size <= kLongestProxyHeader);
  require(header.unique_id.size() <= 128);
  const char* const id = header.unique_id.data();
  require(header.unique_id.empty() ||
          (id >= block.data() && id + header.unique_id.size() <= block.data() + header.size));
  require(header.origin == appserver::net::ProxyHeader::Origin::Client ||
          header.source == appserver::net::PeerAddress());
  return outcome.progress;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(input), size);
  const Progress whole = progress_of(bytes, size);
  bool decided = false;
  // Beyond these sizes the outcome needs many more bytes to change, and so does a useful input.
  for (std::size_t part = 0; part < std::min<std::size_t>(size, 300); ++part) {
    const Progress now = progress_of(bytes, part);
    require(!decided || now == whole);
    decided = decided || now != Progress::NeedMore;
    require(!decided || now == whole);
  }
  return 0;
}
