#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/accept_encoding.h"
#include "http/field.h"
#include "http/request_head.h"
#include "http/response_writer.h"

// Whether a response is compressed, how, and what its fields then say (RFC 9110 sections 8.4 and
// 12.5.3). Pure: the bytes are the business of compressor.h, and body_compression.h puts both
// together. [any]
namespace appserver::http {

enum class Coding : std::uint8_t { Identity, Gzip, Brotli };

// As in Content-Encoding: `gzip`, `br`, `identity`.
[[nodiscard]] std::string_view name_of(Coding coding);

// What the user wants.
struct CompressionPolicy {
  std::vector<Coding> codings;  // The best first; empty: nothing is compressed.
  std::uint64_t min_size = 1024;
  int level = 5;  // 1 (fast) to 9 (small), for each coding.

  [[nodiscard]] bool is_on() const { return !codings.empty(); }
};

// The codings that --compress names. Errors: an unknown name; Identity is none of them.
[[nodiscard]] Result<std::vector<Coding>> read_codings(const std::vector<std::string>& names);

// The coding of `offered` that the client wants most, the first one of several; Identity when it
// wants none of them as much as no coding. (Identity also goes to a client that excludes it: RFC
// 9110 section 12.5.3 allows to disregard the field, and a plain answer is worth more than a 406.)
[[nodiscard]] Coding preferred_coding(const AcceptedCodings& accepted,
                                      std::span<const Coding> offered);

// Whether content of this type shrinks: text, JSON, XML, scripts, and a few more by name. What is
// not known is left alone. `content_type` is a whole field value, parameters included.
[[nodiscard]] bool is_compressible(std::string_view content_type);

// What compression does to one response. Default: nothing.
struct CompressionPlan {
  Coding coding = Coding::Identity;  // Of the body.
  // The answer would differ for another Accept-Encoding, so that caches have to know (12.5.5).
  bool varies = false;
  // A strong ETag promises the same bytes for each coding of a resource; it becomes a weak one
  // (8.8.1). Also that of a 304, or a cache could not find the response which it confirms.
  bool weakens_etag = false;
};

// Decides about one response. Left alone: statuses without a body and 206; what has a
// Content-Encoding, Content-Range or a digest of its bytes; `Cache-Control: no-transform`
// (RFC 9111 section 5.2.2.6); types that are not compressible or not said; bodies below
// `policy.min_size`. `size` is that of the whole body; none: it is not known yet, and counts as
// large.
[[nodiscard]] CompressionPlan plan_compression(const CompressionPolicy& policy,
                                               const RequestHead& request, const Response& response,
                                               std::optional<std::uint64_t> size);

// Writes to `out` the fields that a response has under `plan`: Content-Encoding and, unless it is
// there, Vary are added; ETag becomes weak; Content-Length and Accept-Ranges, which speak of other
// bytes, are dropped. All other fields keep their order. `etag` holds the new ETag's text: the
// fields in `out` live as long as those of `fields` and the content of `etag`.
void rewrite_fields(std::span<const Field> fields, const CompressionPlan& plan,
                    std::vector<Field>& out, std::string& etag);

}  // namespace appserver::http
