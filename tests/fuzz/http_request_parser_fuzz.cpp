#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/request_parser.h"
#include "require.h"

// Feeds the same bytes in one piece and in pieces, as libFuzzer's first two bytes say, and stops
// when the outcome differs or a promise of the parser is broken. Seeds: seeds/http_request_parser
// (their first two bytes are the sizes of the pieces).

namespace {

using appserver::fuzz::require;
using appserver::http::Field;
using appserver::http::Limits;
using appserver::http::RequestParser;

// Everything about a request that must not depend on how its bytes were cut.
struct Outcome {
  std::vector<unsigned> refusals;
  std::string requests;

  bool operator==(const Outcome&) const = default;
};

void note(const RequestParser& parser, const Limits& limits, Outcome& outcome) {
  const auto& head = parser.head();
  require(parser.body().size() <= limits.body);
  require(head.fields.size() <= limits.fields + 1);  // One more for a Host from the target.
  require(head.minor_version == 0 || head.minor_version == 1);
  require(!(head.chunked && (head.content_length || head.minor_version == 0)));
  require(head.path.starts_with('/') || head.path == "*");
  std::string& text = outcome.requests;
  text.append(head.method).append(" ").append(head.target).append("\n");
  text.append(head.path).append("?").append(head.query).append(head.host);
  text.push_back(head.keep_alive ? 'k' : 'c');
  text.push_back(head.expects_continue ? 'e' : '-');
  for (const Field& field : head.fields) {
    require(field.name.find_first_of("\r\n _") == std::string_view::npos);
    require(field.value.find_first_of("\r\n") == std::string_view::npos);
    text.append(field.name).append(":").append(field.value).append("\n");
  }
  text.append(parser.body()).append("\n");
}

// Serves one connection whose bytes arrive in pieces of first, second, first... bytes.
Outcome serve(std::string_view bytes, std::size_t first, std::size_t second) {
  Limits limits;
  limits.request_line = 200;
  limits.field_size = 100;
  limits.fields = 8;
  limits.body = 1000;
  RequestParser parser(limits);
  Outcome outcome;
  std::string pending;
  std::vector<char> block;   // What feed() sees: at a new address each time.
  std::vector<char> pinned;  // The block of the current request's head.
  for (std::size_t size = first; !bytes.empty(); size = size == first ? second : first) {
    pending.append(bytes.substr(0, size));
    bytes.remove_prefix(std::min(size, bytes.size()));
    for (bool again = true; again;) {
      block = std::vector<char>(pending.begin(), pending.end());
      const bool had_head = parser.head_complete();
      const auto [progress, consumed] = parser.feed({block.data(), block.size()});
      if (progress == RequestParser::Progress::Failed) {
        outcome.refusals.push_back(parser.refusal().status);
        return outcome;
      }
      require(consumed <= pending.size());
      pending.erase(0, consumed);
      if (!had_head && parser.head_complete()) {
        pinned.swap(block);
      }
      again = progress == RequestParser::Progress::Complete;
      if (again) {
        note(parser, limits, outcome);
        parser.reset();
      } else {
        const std::size_t room =
            parser.head_complete() ? RequestParser::kFramingRoom : limits.head();
        require(pending.size() < room);
      }
    }
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const std::string bytes(input + 2, input + size);
  require(serve(bytes, bytes.size() + 1, 1) == serve(bytes, 1U + input[0], 1U + input[1]));
  return 0;
}
