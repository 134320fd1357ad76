#include "http/response_reader.h"

#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace appserver::http {
namespace {

namespace beast = boost::beast;

constexpr std::uint32_t kMostHead = 64 * 1024;

}  // namespace

struct ResponseReader::Parser {
  explicit Parser(Body kind) {
    if (kind == Body::Unlimited) {
      it.body_limit(boost::none);
    } else {
      it.body_limit(kMostBody);
    }
    it.header_limit(kMostHead);
    it.eager(true);
    it.skip(kind == Body::None);
  }
  beast::http::response_parser<beast::http::string_body> it;
};

ResponseReader::ResponseReader(Body kind) : kind_(kind), parser_(std::make_unique<Parser>(kind)) {}
ResponseReader::~ResponseReader() = default;

Result<bool> ResponseReader::feed(std::string_view bytes) {
  unread_.append(bytes);
  auto complete = parse();
  while (complete && *complete && status() < 200) {
    parser_ = std::make_unique<Parser>(kind_);
    complete = parse();
  }
  return complete;
}

Result<bool> ResponseReader::parse() {
  while (!unread_.empty() && !parser_->it.is_done()) {
    beast::error_code error;
    const std::size_t used =
        parser_->it.put(boost::asio::buffer(unread_.data(), unread_.size()), error);
    unread_.erase(0, used);
    if (error == beast::http::error::need_more) {
      break;
    }
    if (error) {
      return failure("it is no valid HTTP/1.1 answer: " + error.message());
    }
  }
  return parser_->it.is_done();
}

Result<Ok> ResponseReader::end() {
  beast::error_code error;
  if (parser_->it.got_some()) {
    parser_->it.put_eof(error);  // Ends a body that goes on until the connection is closed.
  }
  if (error || !parser_->it.is_done()) {
    return failure(std::string(parser_->it.got_some()
                                   ? "the connection was closed within the answer"
                                   : "the connection was closed without an answer"));
  }
  return ok();
}

bool ResponseReader::has_head() const {
  return parser_->it.is_header_done();
}

unsigned ResponseReader::status() const {
  return parser_->it.get().result_int();
}

const std::string& ResponseReader::body() const {
  return parser_->it.get().body();
}

std::string ResponseReader::take_body() {
  return std::exchange(parser_->it.get().body(), {});
}

}  // namespace appserver::http
