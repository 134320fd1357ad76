#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <appserver/cookie.hpp>
#include <appserver/detail/body_source.hpp>
#include <appserver/http_error.hpp>
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

// A field of a response's head.
struct ResponseHeader {
  std::string name;
  std::string value;
};

// What a handler returns: status, header fields and body. A value; copy and move it freely. [any]
// The builders that make one are in builders.hpp: text, html, json, redirect …
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
  // 200 without a body. Most handlers use the builders instead.
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
    if (const auto* pending = std::get_if<std::shared_ptr<detail::PendingAnswer>>(&late_body_)) {
      (*pending)->replaced.push_back(name);
    }
    remove_header(name);
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

  // Removes all fields of that name.
  Response& remove_header(std::string_view name) & {
    if (url::same_name(name, "Content-Type")) {
      content_type_ = {};
    }
    std::erase_if(headers_,
                  [name](const ResponseHeader& field) { return url::same_name(field.name, name); });
    return *this;
  }
  Response&& remove_header(std::string_view name) && { return std::move(remove_header(name)); }

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

  // The header fields beside that one.
  [[nodiscard]] const std::vector<ResponseHeader>& headers() const noexcept { return headers_; }

  // The value of the first field of that name, ignoring case; empty when there is none. The view is
  // valid until a field is set.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept {
    if (!content_type_.empty() && url::same_name(name, "Content-Type")) {
      return content_type_;
    }
    for (const ResponseHeader& field : headers_) {
      if (url::same_name(field.name, name)) {
        return field.value;
      }
    }
    return {};
  }

  // Whether the answer is only made when the request's body has arrived, or later: what next()
  // gives to a middleware around a route that receives its body, or that answers later. Header
  // fields set now will be set on that answer; status and body are not known yet, and setting them
  // has no effect. Returning another response instead answers at once: the body is not received,
  // the handler not started.
  [[nodiscard]] bool is_pending() const noexcept { return pending() != nullptr; }

  // A body that is not at hand: see stream(), file() and receive() in streaming.hpp, which set
  // these.
  void produce_body(std::shared_ptr<detail::BodyProducer> producer) noexcept {
    late_body_ = std::move(producer);
  }
  void send_file(std::shared_ptr<detail::OpenFile> file) noexcept { late_body_ = std::move(file); }
  void await_body(std::shared_ptr<BodyReceiver> receiver) {
    late_body_ = std::make_shared<detail::PendingAnswer>(std::move(receiver));
  }
  void await_answer(detail::LateHandler& handler) {
    late_body_ = std::make_shared<detail::PendingAnswer>(handler);
  }
  // Null: it is another kind of response.
  [[nodiscard]] detail::LateHandler* late_handler() const noexcept {
    return is_pending() ? pending()->late_handler : nullptr;
  }
  [[nodiscard]] bool has_late_body() const noexcept { return late_body_.index() != 0; }
  [[nodiscard]] std::shared_ptr<detail::BodyProducer> producer() const noexcept {
    const auto* producer = std::get_if<std::shared_ptr<detail::BodyProducer>>(&late_body_);
    return producer == nullptr ? nullptr : *producer;
  }
  [[nodiscard]] const detail::OpenFile* file() const noexcept {
    const auto* file = std::get_if<std::shared_ptr<detail::OpenFile>>(&late_body_);
    return file == nullptr ? nullptr : file->get();
  }
  [[nodiscard]] detail::PendingAnswer* pending() const noexcept {
    const auto* pending = std::get_if<std::shared_ptr<detail::PendingAnswer>>(&late_body_);
    return pending == nullptr ? nullptr : pending->get();
  }

 private:
  int status_ = 200;
  std::string body_;
  std::string_view content_type_;
  std::vector<ResponseHeader> headers_;
  detail::LateBody late_body_;
};

}  // namespace appserver
