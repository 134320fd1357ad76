#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <appserver/multipart_parser.hpp>

#include "require.h"

// What an app's multipart parser makes of a body. The first byte of the input says into pieces of
// which size it is cut; the boundary is always "b". Seeds: seeds/multipart.

namespace {

using namespace appserver;
using fuzz::require;

constexpr MultipartLimits kLimits{
    .parts = 4, .header_bytes = 128, .part_bytes = 256, .body_bytes = 2048};

// Notes what it is told, and holds the parser to its order.
class Record final : public PartVisitor {
 public:
  void part_begins(const PartHead& head) override {
    require(!is_inside_ && ++parts_ <= kLimits.parts);
    is_inside_ = true;
    size_ = 0;
    text_ += "[" + head.name + "|" + head.filename.value_or("-") + "|" + head.content_type + "]";
    for (const char byte : head.name + head.content_type) {
      require(byte != '\r' && byte != '\n' && byte != '\0');
    }
  }
  void part_data(std::string_view bytes) override {
    size_ += bytes.size();
    require(is_inside_ && !bytes.empty() && size_ <= kLimits.part_bytes);
    text_.append(bytes);
  }
  void part_ends() override {
    require(is_inside_);
    is_inside_ = false;
    text_ += ".";
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  bool is_inside_ = false;
  std::size_t parts_ = 0;
  std::size_t size_ = 0;
};

// What the body comes to, or the status of its refusal. Of a refused body the parts before the
// fault may or may not have been told: that depends on the pieces.
std::string outcome(std::string_view body, std::size_t piece) {
  Record record;
  MultipartParser parser("b", kLimits, record);
  try {
    for (std::size_t at = 0; at < body.size(); at += piece) {
      parser.feed(body.substr(at, piece));
    }
    parser.finish();
  } catch (const HttpError& error) {
    require(error.status() == 400 || error.status() == 413);
    return "refused";  // which fault is seen first depends on the pieces too
  }
  return record.text();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  // A copy of exactly this size, so that a read behind its end is seen.
  const std::vector<char> block(input + 1, input + size);
  const std::string_view body(block.data(), block.size());
  const std::size_t piece = std::size_t{input[0]} + 1;
  require(outcome(body, piece) == outcome(body, body.size() + 1));
  require(outcome(body, 1) == outcome(body, piece));
  return 0;
}
