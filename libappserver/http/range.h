#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace appserver::http {

// A part of a representation. Never empty; offset + length is at most the representation's size.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;

  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

// What a Range field asks of a representation (RFC 9110 section 14.2). A plain value without
// allocations.
class RangeSelection {
 public:
  // More parts than a reader of a PDF asks for at once, and few enough that the heads of the parts
  // stay small beside any file worth asking parts of.
  static constexpr std::size_t kMostRanges = 16;

  enum class Kind {
    Whole,         // Answer 200 as if there were no Range.
    Parts,         // Answer 206 with ranges(), in the order in which they were asked for.
    Unsatisfiable  // Answer 416 with `Content-Range: bytes */SIZE`.
  };

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  // Not empty if and only if kind() is Parts; no two overlap.
  [[nodiscard]] std::span<const ByteRange> ranges() const noexcept {
    return {ranges_.data(), count_};
  }

 private:
  friend RangeSelection select_ranges(std::string_view range, std::uint64_t size);

  Kind kind_ = Kind::Whole;
  std::size_t count_ = 0;
  std::array<ByteRange, kMostRanges> ranges_{};
};

// Reads the value of a Range field for a representation of `size` bytes. Pure. [any]
//
// The rule: a field that is not understood is ignored (14.2), which means Whole. Not understood are
// another unit than `bytes`, a syntax error anywhere in the set (14.1.1), a last position before
// the first, more than kMostRanges members, and two members that overlap: nobody needs bytes twice,
// and `bytes=0-,0-,0-...` was a way to make a server send many times the size of the file
// (17.15). What is sent is therefore never more than the file and the heads of sixteen parts.
// Members beyond the end of the representation are left out; if all are, Unsatisfiable. An empty
// representation is always Whole: some clients add `bytes=0-` to every request.
[[nodiscard]] RangeSelection select_ranges(std::string_view range, std::uint64_t size);

}  // namespace appserver::http
