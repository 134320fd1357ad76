#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/limits.h"
#include "http/refusal.h"
#include "http/request_head.h"

namespace appserver::http {

// The fields that decide about framing and the connection; the wire parser recognises the name.
enum class FieldRole { Plain, Host, ContentLength, TransferEncoding, Connection, Expect };

// What RFC 9110 and 9112 demand of a request's head beyond its grammar, and where two readers of
// one connection could disagree about where a request ends (request smuggling). Fills a
// RequestHead. Fed with the parts in their order: request_line, field..., finish. Pure. [worker]
class HeadRules {
 public:
  // Both must outlive this object.
  HeadRules(const Limits& limits, RequestHead& head) : limits_(limits), head_(head) {}

  // Takes `GET /path HTTP/1.minor`. Sets method and target only if they are well-formed.
  [[nodiscard]] Verdict request_line(std::string_view method, std::string_view target,
                                     int minor_version);

  // Takes one field line. Requires: `name` is a token, `value` is trimmed and free of controls.
  [[nodiscard]] Verdict field(FieldRole role, std::string_view name, std::string_view value);

  // Judges the head as a whole. `content_length` is the number that the (at most one)
  // Content-Length field stands for.
  [[nodiscard]] Verdict finish(std::optional<std::uint64_t> content_length);

 private:
  [[nodiscard]] Verdict host(std::string_view value);
  [[nodiscard]] Verdict content_length(std::string_view value);
  void connection(std::string_view value);
  void expect(std::string_view value);
  [[nodiscard]] Verdict judge_framing() const;
  [[nodiscard]] Verdict judge_host();
  [[nodiscard]] Verdict judge_method() const;

  const Limits& limits_;
  RequestHead& head_;
  std::string_view authority_;  // Of an absolute target; else empty.
  std::string_view transfer_coding_;
  std::size_t host_fields_ = 0;
  std::size_t host_index_ = 0;  // In head_.fields, once host_fields_ is not 0.
  std::size_t content_length_fields_ = 0;
  std::size_t transfer_encoding_fields_ = 0;
  bool says_close_ = false;
  bool says_keep_alive_ = false;
  bool expects_continue_ = false;
  bool expects_unknown_ = false;
};

}  // namespace appserver::http
