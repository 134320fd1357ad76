#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/abi.h>
#include <appserver/detail/http_date.hpp>
#include <appserver/testing/body_source.hpp>
#include <appserver/testing/exchange.hpp>
#include <appserver/testing/loaded_app.hpp>
#include <appserver/testing/messages.hpp>
#include <appserver/testing/reply_stream.hpp>
#include <appserver/testing/rules.hpp>

namespace appserver::testing {

// Not part of the user's interface: one request on its way through the app, in the order in which
// the server does things.
class Call {
 public:
  // `app` and `origin` outlive the call. `has_body`: there is one, and send() will bring it.
  Call(LoadedApp& app, Message message, const Origin& origin, bool has_body,
       std::uint64_t body_limit)
      : app_(app), message_(std::move(message)), origin_(origin), body_limit_(body_limit) {
    if (!has_body) {
      return;
    }
    auto head = std::make_unique<Exchange>(message_, origin_);
    if (app_.streams_body(head->request())) {
      exchange_ = std::move(head);
      exchange_->let_body_stream();
      handle();
      closes_ = is_answered();
    } else if (rules::announced_length(message_.headers) > body_limit_) {
      refuse(413);
    }
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() = default;

  // Whether the answer is there already, so that nobody reads the rest of the body.
  [[nodiscard]] bool is_answered() const {
    return answer_.has_value() || (exchange_ != nullptr && exchange_->is_answered());
  }

  void send(std::string_view bytes) {
    if (is_answered()) {
      return;
    }
    sent_ += bytes.size();
    if (exchange_ == nullptr) {
      message_.body.append(bytes);
      if (message_.body.size() > body_limit_) {
        refuse(413);
      }
      return;
    }
    forget_errors();
    const std::int32_t result = exchange_->sink()->chunk(bytes);
    if (result != APPSERVER_OK) {
      report(result);
      exchange_->sink().reset();
      refuse(500);
    }
  }

  // The body is whole: the answer.
  // Errors: throws std::logic_error when it is not as long as its Content-Length says.
  [[nodiscard]] ReplyStream finish() {
    if (!is_answered()) {
      check_length();
      exchange_ != nullptr ? end() : begin();
    }
    Reply reply = answer_ ? std::move(*answer_) : take_reply();
    complete(reply);
    std::optional<BodySource> source;
    if (exchange_ != nullptr && exchange_->source()) {
      source.emplace(std::move(*exchange_->source()));
    }
    return {std::move(reply), std::move(source)};
  }

 private:
  void check_length() const {
    if (has_field(message_.headers, "Content-Length") &&
        rules::announced_length(message_.headers) != sent_) {
      throw std::logic_error("a body of " + std::to_string(sent_) +
                             " bytes is not what its Content-Length says");
    }
  }

  // The rest of the body is not read: the server answers and closes the connection.
  void refuse(int status) {
    answer_ = rules::failure_reply(status);
    closes_ = true;
  }

  // Adds what is the server's to say.
  void complete(Reply& reply) {
    const auto now = std::chrono::floor<std::chrono::seconds>(app_.host().time().wall());
    if (!reply.has_header("Date")) {
      reply.headers.emplace_back("Date", detail::to_http_date(now));
    }
    if (!reply.has_header("Server")) {
      reply.headers.emplace_back("Server", "appserverd");
    }
    if (closes_ && !reply.has_header("Connection")) {
      reply.headers.emplace_back("Connection", "close");
    }
    if (message_.method == "HEAD") {
      reply.body.clear();
    }
  }

  void begin() {
    exchange_ = std::make_unique<Exchange>(message_, origin_);
    handle();
  }

  void handle() {
    forget_errors();
    const appserver_app& app = app_.description();
    conclude(app.handle(app.state, exchange_->handle(), &exchange_->request()));
  }

  // The sink answers another exchange than the one that it was made in.
  void end() {
    auto receiving = std::move(exchange_);
    exchange_ = std::make_unique<Exchange>(message_, origin_);
    exchange_->hints() = std::move(receiving->hints());
    forget_errors();
    conclude(receiving->sink()->end(exchange_->handle()));
  }

  void conclude(std::int32_t result) {
    const bool is_settled = exchange_->is_answered() || exchange_->sink().has_value();
    if (result != APPSERVER_OK || !is_settled) {
      report(result);
    }
    if (!is_settled) {
      answer_ = rules::failure_reply(500);
    }
  }

  [[nodiscard]] Reply take_reply() {
    Reply reply = std::move(exchange_->reply());
    reply.hints = std::move(exchange_->hints());
    return reply;
  }

  // An earlier handler's words are not this one's.
  void forget_errors() { static_cast<void>(app_.host().take_error()); }

  void report(std::int32_t result) {
    std::string why = app_.host().take_error();
    if (why.empty()) {
      why = exchange_->refusal();
    }
    if (why.empty()) {
      why = result == APPSERVER_OK ? "the handler returned without an answer"
                                   : "the handler failed without saying why";
    }
    app_.host().records().push_back({APPSERVER_LOG_ERROR, "request failed: " + message_.method +
                                                              " " + message_.target + ": " + why});
  }

  LoadedApp& app_;
  Message message_;
  const Origin& origin_;
  std::uint64_t body_limit_;
  std::uint64_t sent_ = 0;
  std::unique_ptr<Exchange> exchange_;
  std::optional<Reply> answer_;  // the server's own
  bool closes_ = false;          // the answer comes before the body
};

}  // namespace appserver::testing
