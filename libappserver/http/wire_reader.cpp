#include "http/wire_reader.h"

#include <cstddef>
#include <limits>
#include <optional>

#include <boost/beast/http/basic_parser.hpp>

#include "http/grammar.h"
#include "http/head_rules.h"

namespace appserver::http {
namespace {

namespace beast = boost::beast;
namespace wire = boost::beast::http;

constexpr Refusal kMalformed{400, "The request is malformed."};
constexpr Refusal kBadMethod{400, "The request method is not a token."};
constexpr Refusal kBadTarget{400, "The request line has no valid request target."};
constexpr Refusal kBadVersion{400, "The request line does not end in an HTTP version."};
constexpr Refusal kOtherVersion{505, "Only HTTP/1.0 and HTTP/1.1 are supported."};
constexpr Refusal kBadName{400, "A field name is malformed."};
constexpr Refusal kBadValue{400, "A field value is malformed."};
constexpr Refusal kBareCr{400, "A carriage return stands alone."};
constexpr Refusal kBadLength{400, "The Content-Length field is not usable."};
constexpr Refusal kBadCoding{400, "The Transfer-Encoding field is not usable."};
constexpr Refusal kBadChunk{400, "The chunked framing of the body is malformed."};

std::string_view to_std(beast::string_view text) {
  return {text.data(), text.size()};
}

FieldRole role_of(wire::field name) {
  switch (name) {
    case wire::field::host:
      return FieldRole::Host;
    case wire::field::content_length:
      return FieldRole::ContentLength;
    case wire::field::transfer_encoding:
      return FieldRole::TransferEncoding;
    case wire::field::connection:
      return FieldRole::Connection;
    case wire::field::expect:
      return FieldRole::Expect;
    default:
      return FieldRole::Plain;
  }
}

// Whether what follows the method and the target is exactly `HTTP/d.d` (RFC 9112 section 2.3).
bool names_a_version(std::string_view head) {
  constexpr std::string_view kName = "HTTP/";
  const std::string_view line = head.substr(0, head.find("\r\n"));
  const std::size_t version_space = line.find(' ', line.find(' ') + 1);
  const std::string_view version = line.substr(version_space + 1);
  return version.size() == kName.size() + 3 && version.starts_with(kName) && is_digit(version[5]) &&
         version[6] == '.' && is_digit(version[7]);
}

Verdict verdict_on(const beast::error_code& error, std::string_view bytes) {
  if (error == wire::error::bad_version) {
    return names_a_version(bytes) ? &kOtherVersion : &kBadVersion;
  }
  if (error == wire::error::bad_method) {
    return &kBadMethod;
  }
  if (error == wire::error::bad_target) {
    return &kBadTarget;
  }
  if (error == wire::error::bad_field) {
    return &kBadName;
  }
  if (error == wire::error::bad_value) {
    return &kBadValue;
  }
  if (error == wire::error::bad_line_ending) {
    return &kBareCr;
  }
  if (error == wire::error::bad_content_length || error == wire::error::multiple_content_length) {
    return &kBadLength;
  }
  if (error == wire::error::bad_transfer_encoding) {
    return &kBadCoding;
  }
  if (error == wire::error::bad_chunk || error == wire::error::bad_chunk_extension) {
    return &kBadChunk;
  }
  return &kMalformed;
}

}  // namespace

// One message as Beast reads it. Only ever fed with whole elements: a head, a chunk line, the last
// chunk with its trailers, or a piece of a chunk's content; so it never has to wait inside one.
class WireReader::Message final : public wire::basic_parser<true> {
 public:
  Message(const Limits& limits, RequestHead& head, std::string& body)
      : rules_(limits, head), body_(body) {
    body_limit(boost::none);  // RequestParser knows whether the body is collected at all.
    header_limit(std::numeric_limits<std::uint32_t>::max());  // BlockScanner has checked it.
  }

  // Reads one whole element.
  [[nodiscard]] Verdict read(std::string_view element) {
    beast::error_code error;
    const std::size_t used = put(boost::asio::const_buffer(element.data(), element.size()), error);
    if (!error) {
      return used == element.size() ? kAccepted : &kMalformed;
    }
    return refusal_ != kAccepted ? refusal_ : verdict_on(error, element);
  }

  [[nodiscard]] std::uint64_t chunk_size() const { return chunk_size_; }

 private:
  void obey(Verdict verdict, beast::error_code& error) {
    if (verdict != kAccepted) {
      refusal_ = verdict;
      error = wire::error::bad_value;  // Any error stops Beast; ours is in refusal_.
    }
  }

  void on_request_impl(wire::verb, beast::string_view method, beast::string_view target,
                       int version, beast::error_code& error) override {
    obey(rules_.request_line(to_std(method), to_std(target), version - 10), error);
  }
  // Beast has validated a trailer field when it comes here; it is dropped, so that it can neither
  // pass for a header field nor change the connection (RFC 9110 section 6.5.1).
  void on_field_impl(wire::field name, beast::string_view name_text, beast::string_view value,
                     beast::error_code& error) override {
    if (!is_header_done()) {
      obey(rules_.field(role_of(name), to_std(name_text), to_std(value)), error);
    }
  }
  void on_header_impl(beast::error_code& error) override {
    const auto length = content_length();
    obey(rules_.finish(length ? std::optional<std::uint64_t>(*length) : std::nullopt), error);
  }
  void on_chunk_header_impl(std::uint64_t size, beast::string_view, beast::error_code&) override {
    chunk_size_ = size;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view content,
                                 beast::error_code&) override {
    body_.append(content.data(), content.size());
    return content.size();
  }
  // Fixed bodies are not sent through Beast: there is nothing in them to parse.
  std::size_t on_body_impl(beast::string_view content, beast::error_code&) override {
    return content.size();
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, beast::error_code&) override {}
  void on_response_impl(int, beast::string_view, int, beast::error_code&) override {}
  void on_finish_impl(beast::error_code&) override {}

  HeadRules rules_;
  std::string& body_;
  std::uint64_t chunk_size_ = 0;
  Verdict refusal_ = kAccepted;
};

// Beast reads one message per object, so each message gets a new one in the same place.
struct WireReader::Slot {
  std::optional<Message> message;
};

WireReader::WireReader(const Limits& limits, RequestHead& head, std::string& body)
    : limits_(limits), head_(head), body_(body), slot_(std::make_unique<Slot>()) {}

WireReader::~WireReader() = default;

Verdict WireReader::read_head(std::string_view bytes) {
  return slot_->message.emplace(limits_, head_, body_).read(bytes);
}

Verdict WireReader::read_chunk_element(std::string_view bytes) {
  return slot_->message->read(bytes);
}

std::uint64_t WireReader::chunk_size() const {
  return slot_->message->chunk_size();
}

}  // namespace appserver::http
