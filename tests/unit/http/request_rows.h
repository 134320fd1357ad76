#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "fixtures/http/row.h"
#include "http/request_parser.h"

namespace appserver::http::testing {

inline std::string describe(const RequestParser& parser, std::size_t left) {
  const RequestHead& head = parser.head();
  std::string text(head.method);
  text.append(" ").append(head.path);
  if (!head.query.empty()) {
    text.append("?").append(head.query);
  }
  text.append(head.minor_version == 1 ? " 1.1" : " 1.0");
  text.append(head.keep_alive ? " keep" : " close");
  if (!parser.body().empty()) {
    text.append(" body=").append(parser.body());
  }
  if (left != 0) {
    text.append(" left=").append(std::to_string(left));
  }
  return text;
}

// Plays the caller of one parser as unkindly as the contract of feed() allows: every call gets its
// bytes at a fresh address in a block of exactly their size, and the old block is freed unless a
// head or a body may still point into it.
class Connection {
 public:
  explicit Connection(RequestParser& parser) : parser_(parser) {}

  RequestParser::Progress receive(std::string_view more) {
    pending_.append(more);
    std::vector<char> block(pending_.begin(), pending_.end());
    const bool had_head = parser_.head_complete();
    const auto [progress, consumed] = parser_.feed({block.data(), block.size()});
    if (progress != RequestParser::Progress::Failed) {
      pending_.erase(0, consumed);
    }
    if (parser_.head_complete() && !had_head) {
      pinned_ = std::move(block);
    }
    return progress;
  }

  [[nodiscard]] std::size_t left() const { return pending_.size(); }
  [[nodiscard]] std::string take_left() { return std::exchange(pending_, {}); }

 private:
  RequestParser& parser_;
  std::string pending_;
  std::vector<char> pinned_;
};

// Feeds `bytes` in pieces of next_size() bytes and tells the outcome.
inline std::string outcome(std::string_view bytes, const std::function<std::size_t()>& next_size,
                           const Limits& limits) {
  RequestParser parser(limits);
  Connection connection(parser);
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, next_size());
    bytes.remove_prefix(piece.size());
    switch (connection.receive(piece)) {
      case RequestParser::Progress::NeedMore:
      case RequestParser::Progress::HeadRead:  // Nobody asked for it.
        break;
      case RequestParser::Progress::Complete:
        return describe(parser, connection.left() + bytes.size());
      case RequestParser::Progress::Failed:
        CHECK(parser.feed("GET / HTTP/1.1\r\nHost: a\r\n\r\n").progress ==
              RequestParser::Progress::Failed);
        CHECK_FALSE(parser.refusal().reason.empty());
        return std::to_string(parser.refusal().status);
    }
  }
  return "more";
}

inline std::string outcome_at_once(std::string_view bytes, const Limits& limits) {
  return outcome(
      bytes, [&bytes] { return std::max<std::size_t>(bytes.size(), 1); }, limits);
}

inline std::string outcome_byte_by_byte(std::string_view bytes, const Limits& limits) {
  return outcome(
      bytes, [] { return std::size_t{1}; }, limits);
}

// Runs every row in one piece and byte by byte: how the network cuts a request changes nothing.
inline void check_rows(const Table& table) {
  for (const Row& row : table.rows) {
    INFO("RFC " << row.section << ": " << row.intent);
    CHECK(outcome_at_once(row.bytes, table.limits) == row.outcome);
    CHECK(outcome_byte_by_byte(row.bytes, table.limits) == row.outcome);
  }
}

}  // namespace appserver::http::testing
