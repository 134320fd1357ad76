#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/detail/part_head.hpp>
#include <appserver/http_error.hpp>
#include <appserver/part.hpp>

namespace appserver {

// Takes the parts of a multipart body as a MultipartParser finds them. Views are valid during the
// call. Exceptions pass through the parser, which is of no use afterwards.
class PartVisitor {
 public:
  virtual void part_begins(const PartHead& head) = 0;
  // Some of the part's bytes; not called for an empty part.
  virtual void part_data(std::string_view bytes) = 0;
  virtual void part_ends() = 0;

 protected:
  ~PartVisitor() = default;
};

// Reads multipart/form-data (RFC 7578, RFC 2046 section 5.1) from pieces of any size, as they
// arrive. What it holds back is less than a delimiter or a part's header, so that its memory is
// bounded by MultipartLimits::header_bytes, whatever is sent.
//
// Strict where leniency has let forms be read in two ways: lines end with CRLF, a delimiter is the
// whole of its line but for blanks at its end, each part has one Content-Disposition with a name,
// and the last delimiter must come. Text before the first and after the last one is ignored.
//
// Preamble -> (Delimiter -> Head -> Blank -> Data)* -> Delimiter -> Epilogue. [any]
class MultipartParser {
 public:
  // `boundary` is the parameter of the Content-Type. `visitor` outlives the parser.
  // Errors: throws HttpError(400) when it is no boundary.
  MultipartParser(std::string_view boundary, const MultipartLimits& limits, PartVisitor& visitor)
      : limits_(limits), visitor_(visitor), delimiter_("\r\n--" + std::string(boundary)) {
    detail::check_boundary(boundary);
    held_ = "\r\n";  // the first delimiter may begin the body, without a line before it
  }
  MultipartParser(const MultipartParser&) = delete;
  MultipartParser& operator=(const MultipartParser&) = delete;
  ~MultipartParser() = default;

  // Takes the next piece and tells the visitor what is in it.
  // Errors: throws HttpError: 400 for what is malformed, 413 for what is above a limit; and what
  // the visitor throws.
  void feed(std::string_view bytes) {
    body_size_ += bytes.size();
    if (body_size_ > limits_.body_bytes) {
      throw HttpError(413,
                      "the form is longer than " + std::to_string(limits_.body_bytes) + " bytes");
    }
    while (!bytes.empty()) {
      const std::string_view slice = bytes.substr(0, kSlice);
      bytes.remove_prefix(slice.size());
      take(slice);
    }
  }

  // The body has ended. Errors: throws HttpError(400) when it is not complete.
  void finish() const {
    if (state_ != State::Epilogue) {
      throw HttpError(400, "the multipart body ends too early");
    }
  }

 private:
  static constexpr std::size_t kSlice = 64 * 1024;  // bounds what is copied of a large piece

  enum class State { Preamble, Delimiter, Head, Blank, Data, Epilogue };

  void take(std::string_view slice) {
    held_.append(slice);
    std::string_view rest = held_;
    while (advance(rest)) {
    }
    held_.erase(0, held_.size() - rest.size());
  }

  // One step. Returns: false when it needs more bytes.
  [[nodiscard]] bool advance(std::string_view& rest) {
    switch (state_) {
      case State::Preamble:
      case State::Data:
        return pass_data(rest);
      case State::Delimiter:
        return end_delimiter(rest);
      case State::Head:
        return read_head(rest);
      case State::Blank:
        return skip_blank(rest);
      case State::Epilogue:
        break;
    }
    rest = {};
    return false;
  }

  // Hands on what is before the next delimiter, or what cannot be a part of it.
  [[nodiscard]] bool pass_data(std::string_view& rest) {
    const std::size_t found = rest.find(delimiter_);
    if (found != std::string_view::npos) {
      give(rest.substr(0, found));
      rest.remove_prefix(found + delimiter_.size());
      if (state_ == State::Data) {
        visitor_.part_ends();
      }
      state_ = State::Delimiter;
      return true;
    }
    const std::size_t kept = std::min(rest.size(), delimiter_.size() - 1);
    // Most pieces end without a CR near their end: then nothing of them needs to wait.
    const std::size_t doubtful = rest.find('\r', rest.size() - kept);
    const std::size_t sure = std::min(doubtful, rest.size());
    give(rest.substr(0, sure));
    rest.remove_prefix(sure);
    return false;
  }

  void give(std::string_view bytes) {
    if (state_ != State::Data || bytes.empty()) {
      return;
    }
    part_size_ += bytes.size();
    if (part_size_ > limits_.part_bytes) {
      throw HttpError(413, "a part of the form is longer than " +
                               std::to_string(limits_.part_bytes) + " bytes");
    }
    visitor_.part_data(bytes);
  }

  // Behind the delimiter: "--" at the end of all, else blanks and CRLF (RFC 2046 section 5.1.1).
  [[nodiscard]] bool end_delimiter(std::string_view& rest) {
    if (rest.starts_with("--")) {
      state_ = State::Epilogue;
      return true;
    }
    const std::size_t end = rest.find_first_not_of(" \t");
    if (std::min(end, rest.size()) > limits_.header_bytes) {
      throw HttpError(413, "the padding behind a multipart delimiter is too long");
    }
    const std::string_view mark = end == std::string_view::npos ? "" : rest.substr(end, 2);
    if (mark == "\r\n") {
      rest.remove_prefix(end);  // the CRLF stays: an empty header is CRLF CRLF too
      state_ = State::Head;
      return true;
    }
    if (mark.empty() || mark == "\r" || rest == "-") {
      return false;
    }
    throw HttpError(400, "a line of the multipart body begins like a delimiter but is none");
  }

  [[nodiscard]] bool read_head(std::string_view& rest) {
    const std::size_t end = rest.find("\r\n\r\n");
    // Without an end in sight, up to three bytes of it may be there.
    const std::size_t length =
        end == std::string_view::npos ? rest.size() - std::min<std::size_t>(rest.size(), 3) : end;
    if (length > limits_.header_bytes) {
      throw HttpError(413, "the header of a part is longer than " +
                               std::to_string(limits_.header_bytes) + " bytes");
    }
    if (end == std::string_view::npos) {
      return false;
    }
    if (++parts_ > limits_.parts) {
      throw HttpError(413, "the form has more than " + std::to_string(limits_.parts) + " parts");
    }
    const std::size_t begin = std::min<std::size_t>(end, 2);  // behind the delimiter's CRLF
    visitor_.part_begins(detail::parse_part_head(rest.substr(begin, end - begin)));
    rest.remove_prefix(end + 2);
    part_size_ = 0;
    state_ = State::Blank;
    return true;
  }

  // The empty line behind the header. When a delimiter follows at once, its CRLF belongs to that:
  // a part may be without any body (RFC 2046 section 5.1.1, body-part).
  [[nodiscard]] bool skip_blank(std::string_view& rest) {
    if (rest.size() < delimiter_.size() && delimiter_.starts_with(rest)) {
      return false;
    }
    if (!rest.starts_with(delimiter_)) {
      rest.remove_prefix(2);
    }
    state_ = State::Data;
    return true;
  }

  MultipartLimits limits_;
  PartVisitor& visitor_;
  std::string delimiter_;
  State state_ = State::Preamble;
  std::string held_;  // what could not be handed on yet
  std::uint64_t body_size_ = 0;
  std::uint64_t part_size_ = 0;
  std::size_t parts_ = 0;
};

}  // namespace appserver
