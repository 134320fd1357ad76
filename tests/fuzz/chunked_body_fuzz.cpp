#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/request_parser.h"
#include "require.h"

// The input is a body in chunks, behind a head that announces one. Its outcome must not depend on
// how it is cut, on whether it is collected or streamed, or on a handoff in the middle; and a
// second, naive decoder must agree with each body that is accepted. Seeds: seeds/chunked_body; the
// first byte is the size of the pieces, the second one where the handoff happens.

namespace {

using appserver::http::Limits;
using appserver::http::RequestParser;
using Progress = RequestParser::Progress;
using appserver::fuzz::require;

constexpr std::string_view kHead =
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

struct Outcome {
  Progress progress = Progress::NeedMore;
  unsigned refusal = 0;
  std::string body;
  std::size_t left = 0;  // Bytes behind the request.

  bool operator==(const Outcome&) const = default;
};

Limits small_limits() {
  Limits limits;
  limits.field_size = 100;
  limits.fields = 8;
  limits.body = 1000;
  return limits;
}

// One connection whose bytes arrive in pieces; every feed() gets a block of its own.
class Reader {
 public:
  explicit Reader(RequestParser& parser, bool streams) : parser_(parser), streams_(streams) {
    if (streams) {
      parser.ask_before_bodies();
    }
  }

  void receive(std::string_view piece) {
    pending_.append(piece);
    while (outcome_.progress == Progress::NeedMore) {
      std::vector<char> block(pending_.begin(), pending_.end());
      const bool had_head = parser_.head_complete();
      const auto [progress, consumed] = parser_.feed({block.data(), block.size()});
      outcome_.progress = progress == Progress::HeadRead ? Progress::NeedMore : progress;
      if (progress == Progress::Failed) {
        outcome_.refusal = parser_.refusal().status;
        return;
      }
      require(consumed <= pending_.size());
      pending_.erase(0, consumed);
      if (!had_head && parser_.head_complete()) {
        pinned_.swap(block);
      }
      take_body(progress);
      if (progress != Progress::HeadRead) {
        break;
      }
      require(streams_);
      parser_.stream_body();
    }
    outcome_.left = pending_.size();
  }

  [[nodiscard]] const Outcome& outcome() const { return outcome_; }
  // What another parser needs to go on.
  [[nodiscard]] std::string replay() const {
    std::string bytes;
    RequestParser::ChunkLineRoom line;
    for (const std::string_view piece : parser_.replay(line)) {
      bytes += piece;
    }
    return bytes + pending_;
  }

 private:
  void take_body(Progress progress) {
    if (streams_ && progress == Progress::NeedMore) {
      outcome_.body.append(parser_.stored());
      parser_.forget_stored();
    } else if (progress == Progress::Complete) {
      outcome_.body.append(parser_.body());
    }
  }

  RequestParser& parser_;
  bool streams_;
  std::string pending_;
  std::vector<char> pinned_;
  Outcome outcome_;
};

Outcome read(std::string_view bytes, std::size_t size, const Limits& limits, bool streams) {
  RequestParser parser(limits);
  Reader reader(parser, streams);
  while (!bytes.empty() && reader.outcome().progress == Progress::NeedMore) {
    reader.receive(bytes.substr(0, size));
    bytes.remove_prefix(std::min(size, bytes.size()));
  }
  Outcome outcome = reader.outcome();
  // Of a request that is refused, what was not looked at depends on the pieces.
  outcome.left = outcome.progress == Progress::Failed ? 0 : outcome.left + bytes.size();
  outcome.body = outcome.progress == Progress::Complete ? outcome.body : "";
  return outcome;
}

// The same bytes, of which a second parser gets what a first one has left of the first `cut` ones.
Outcome read_after_handoff(std::string_view bytes, std::size_t cut, const Limits& limits) {
  RequestParser parser(limits);
  Reader reader(parser, false);
  reader.receive(bytes.substr(0, cut));
  if (reader.outcome().progress != Progress::NeedMore) {
    return read(bytes, bytes.size(), limits, false);
  }
  const std::string moved =
      reader.replay() + std::string(bytes.substr(std::min(cut, bytes.size())));
  return read(moved, moved.size(), limits, false);
}

// RFC 9112 section 7.1.3 in its simplest form, which forgives much.
// Returns: body and rest, or nothing when there is no end.
std::optional<Outcome> decode_naively(std::string_view bytes) {
  Outcome outcome{Progress::Complete, 0, {}, 0};
  while (true) {
    const std::size_t end = bytes.find("\r\n");
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    const std::size_t size = std::strtoull(std::string(bytes.substr(0, end)).c_str(), nullptr, 16);
    if (size == 0) {
      const std::size_t last = bytes.find("\r\n\r\n", end);
      outcome.left = bytes.size() - last - 4;
      return last == std::string_view::npos ? std::nullopt : std::optional(outcome);
    }
    bytes.remove_prefix(end + 2);
    if (bytes.size() < size + 2) {
      return std::nullopt;
    }
    outcome.body.append(bytes.substr(0, size));
    bytes.remove_prefix(size + 2);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const std::string_view body(reinterpret_cast<const char*>(input) + 2, size - 2);
  const std::string bytes = std::string(kHead).append(body);
  const Limits limits = small_limits();
  const Outcome whole = read(bytes, bytes.size(), limits, false);
  require(whole == read(bytes, 1, limits, false));
  require(whole == read(bytes, 1U + input[0], limits, false));
  if (whole.progress == Progress::Complete) {
    require(whole.body.size() <= limits.body);
    require(decode_naively(body) == whole);
    require(whole == read(bytes, 1U + input[0], limits, true));
    require(whole == read_after_handoff(bytes, kHead.size() + input[1], limits));
  }
  return 0;
}
