#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/cookie.hpp>
#include <appserver/detail/body_source.hpp>
#include <appserver/detail/reason.hpp>
#include <appserver/url.hpp>

namespace appserver {

// The bytes of a response, from whatever text is at hand. A std::string is moved in; anything else
// is copied, so that views into the request may be given.
struct Body {
  Body() noexcept = default;
  Body(std::string text) noexcept : bytes(std::move(text)) {}
  Body(std::string_view text) : bytes(text) {}
  Body(const char* text) : bytes(text) {}

  std::string bytes;
};

struct ResponseHeader {
  std::string name;
  std::string value;
};

// What a handler returns: status, header fields and body. A value; copy and move it freely. [any]
//
// The setters give the response back, so that they can be chained:
//   return appserver::json(note).status(201).header("Location", "/notes/7");
//
// Date, Server, Content-Length and Connection are the server's business; Content-Length and
// Transfer-Encoding given here are ignored. `Connection: close` closes the connection afterwards.
// The server refuses what is not HTTP (a status outside 200 to 599, a line break in a header): the
// client gets 500 and the log says what was wrong.
class Response {
 public:
  // 200 without a body. Most handlers use the builders below instead.
  Response() noexcept = default;

  // Requires: `literal_type` is a string literal; only the view is kept, which saves an allocation
  // in every response.
  Response(Body body, std::string_view literal_type) noexcept
      : body_(std::move(body.bytes)), content_type_(literal_type) {}

  Response& status(int code) & noexcept {
    status_ = code;
    return *this;
  }
  Response&& status(int code) && noexcept { return std::move(status(code)); }

  // Sets a header field, replacing all fields of that name.
  Response& header(std::string name, std::string value) & {
    if (url::same_name(name, "Content-Type")) {
      content_type_ = {};
    }
    std::erase_if(headers_, [&name](const ResponseHeader& field) {
      return url::same_name(field.name, name);
    });
    headers_.push_back({std::move(name), std::move(value)});
    return *this;
  }
  Response&& header(std::string name, std::string value) && {
    return std::move(header(std::move(name), std::move(value)));
  }

  // Adds a header field and keeps the others of that name; for Link, Vary and the like.
  Response& add_header(std::string name, std::string value) & {
    headers_.push_back({std::move(name), std::move(value)});
    return *this;
  }
  Response&& add_header(std::string name, std::string value) && {
    return std::move(add_header(std::move(name), std::move(value)));
  }

  // Adds a Set-Cookie field.
  // Errors: throws std::invalid_argument for a malformed cookie; see SetCookie.
  Response& cookie(const SetCookie& cookie) & {
    return add_header("Set-Cookie", to_header_value(cookie));
  }
  Response&& cookie(const SetCookie& cookie) && { return std::move(this->cookie(cookie)); }

  Response& body(Body body) & noexcept {
    body_ = std::move(body.bytes);
    return *this;
  }
  Response&& body(Body body) && noexcept { return std::move(this->body(std::move(body))); }

  [[nodiscard]] int status() const noexcept { return status_; }
  [[nodiscard]] const std::string& body() const noexcept { return body_; }

  // The content type that a builder chose; empty when there is none or header() replaced it.
  [[nodiscard]] std::string_view content_type() const noexcept { return content_type_; }

  // A body that is not at hand: see stream() and file() in streaming.hpp, which set these.
  void produce_body(std::shared_ptr<detail::BodyProducer> producer) noexcept {
    producer_ = std::move(producer);
  }
  void send_file(std::shared_ptr<detail::OpenFile> file) noexcept { file_ = std::move(file); }
  [[nodiscard]] const std::shared_ptr<detail::BodyProducer>& producer() const noexcept {
    return producer_;
  }
  [[nodiscard]] const detail::OpenFile* file() const noexcept { return file_.get(); }

  // The header fields beside that one.
  [[nodiscard]] const std::vector<ResponseHeader>& headers() const noexcept { return headers_; }

 private:
  int status_ = 200;
  std::string body_;
  std::string_view content_type_;
  std::vector<ResponseHeader> headers_;
  // Shared, because a Response is a value that may be copied; only one copy is ever sent.
  std::shared_ptr<detail::BodyProducer> producer_;
  std::shared_ptr<detail::OpenFile> file_;
};

// Builders. Each makes a complete response with status 200 unless it says otherwise.

[[nodiscard]] inline Response text(Body body) {
  return Response(std::move(body), "text/plain; charset=utf-8");
}

[[nodiscard]] inline Response html(Body body) {
  return Response(std::move(body), "text/html; charset=utf-8");
}

// `body` is JSON text already; use the JSON library you like to make it.
[[nodiscard]] inline Response json(Body body) {
  return Response(std::move(body), "application/json");
}

// Any bytes, with the content type that describes them: bytes(png, "image/png").
[[nodiscard]] inline Response bytes(Body body, std::string content_type) {
  return Response(std::move(body), {}).header("Content-Type", std::move(content_type));
}

// Sends the client elsewhere: 302 by default, 301 or 308 for good, 303 after a form was posted.
// `location` is a URL, encoded already; the server refuses line breaks in it.
[[nodiscard]] inline Response redirect(std::string location, int code = 302) {
  return Response().status(code).header("Location", std::move(location));
}

// 204: done, and there is nothing to show.
[[nodiscard]] inline Response no_content() {
  return Response().status(204);
}

// A status without a body.
[[nodiscard]] inline Response status(int code) {
  return Response().status(code);
}

// A failure told as plain text: the message, or the status's usual name ("Not Found").
[[nodiscard]] inline Response error_response(int code, Body message = {}) {
  if (message.bytes.empty()) {
    message.bytes = detail::reason_phrase(code);
  }
  return text(std::move(message)).status(code);
}

// Throw it from a handler to answer with error_response(status, message) from any depth:
//   throw appserver::HttpError(404, "no such note");
// It is an answer and no defect: nothing is logged. Any other exception becomes a 500 whose text
// stays in the server's log.
class HttpError : public std::runtime_error {
 public:
  explicit HttpError(int status) : HttpError(status, std::string(detail::reason_phrase(status))) {}
  HttpError(int status, const std::string& message)
      : std::runtime_error(message), status_(status) {}

  [[nodiscard]] int status() const noexcept { return status_; }

 private:
  int status_;
};

}  // namespace appserver
