#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/abi.h>
#include <appserver/testing/attendance.hpp>
#include <appserver/testing/keepable_exchange.hpp>
#include <appserver/testing/loaded_app.hpp>
#include <appserver/testing/loop.hpp>
#include <appserver/testing/memory_host.hpp>
#include <appserver/testing/messages.hpp>
#include <appserver/testing/reply_stream.hpp>
#include <appserver/testing/rules.hpp>

namespace appserver::testing {

// Not part of the user's interface: one request on its way through the app, in the order in which
// the server does things.
class Call {
 public:
  struct Terms {
    const Origin& origin;
    bool has_body;  // there is one, and send() will bring it
    std::uint64_t body_limit;
    std::optional<Loop::Time> leaves_at;  // the client, if it is not answered before
  };

  // `app` and the origin outlive the call.
  Call(LoadedApp& app, Message message, const Terms& terms)
      : app_(app), message_(std::make_shared<Message>(std::move(message))), terms_(terms) {
    if (!terms_.has_body) {
      return;
    }
    auto head = make_exchange();
    if (app_.streams_body(head->request())) {
      exchange_ = std::move(head);
      exchange_->let_body_stream();
      handle();
      closes_ = is_answered();
    } else if (rules::announced_length(message_->headers) > terms_.body_limit) {
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
      message_->body.append(bytes);
      if (message_->body.size() > terms_.body_limit) {
        refuse(413);
      }
      return;
    }
    if (!exchange_->sink()) {  // The app answers later, and reads the body meanwhile.
      exchange_->body().bring(bytes);
      app_.host().loop().run_ready();
      return;
    }
    forget_errors();
    const std::int32_t result = exchange_->sink()->chunk(bytes);
    if (result != APPSERVER_OK) {
      exchange_->report_failure(result);
      exchange_->sink().reset();
      refuse(500);
    }
  }

  // The body is whole: the answer.
  // Errors: throws std::logic_error when it is not as long as its Content-Length says.
  [[nodiscard]] ReplyStream finish() {
    if (!is_answered()) {
      check_length();
      go_on();
    }
    if (answer_) {
      complete(*answer_);
      return {std::move(*answer_), std::nullopt};
    }
    auto attendance = attend();
    if (attendance != nullptr && !attendance->await_answer()) {
      return {Reply{.is_complete = false}, std::nullopt};
    }
    return answer_of_app(std::move(attendance));
  }

 private:
  void check_length() const {
    if (has_field(message_->headers, "Content-Length") &&
        rules::announced_length(message_->headers) != sent_) {
      throw std::logic_error("a body of " + std::to_string(sent_) +
                             " bytes is not what its Content-Length says");
    }
  }

  // The rest of the body is not read: the server answers and closes the connection.
  void refuse(int status) {
    answer_ = rules::failure_reply(status);
    closes_ = true;
  }

  void complete(Reply& reply) {
    rules::complete(reply, app_.host().time().wall(), closes_);
    if (message_->method == "HEAD") {
      reply.body.clear();
    }
  }

  // With a body that is whole.
  void go_on() {
    if (exchange_ == nullptr) {
      exchange_ = make_exchange();
      handle();
    } else if (exchange_->sink()) {
      end();
    } else {
      exchange_->body().end();
    }
  }

  void handle() {
    forget_errors();
    const appserver_app& app = app_.description();
    conclude(app.handle(app.state, exchange_->handle(), &exchange_->request()));
  }

  // The sink answers another exchange than the one that it was made in.
  void end() {
    auto receiving = std::move(exchange_);
    exchange_ = make_exchange();
    exchange_->hints() = std::move(receiving->hints());
    forget_errors();
    conclude(receiving->sink()->end(exchange_->handle()));
  }

  void conclude(std::int32_t result) {
    const bool is_settled =
        exchange_->was_kept() || exchange_->is_answered() || exchange_->sink().has_value();
    if (result != APPSERVER_OK || !is_settled) {
      exchange_->report_failure(result);
    }
    if (!is_settled) {
      answer_ = rules::failure_reply(500);
    }
  }

  // Of an exchange that the app has kept; else null.
  [[nodiscard]] std::unique_ptr<Attendance> attend() {
    return exchange_->was_kept()
               ? std::make_unique<Attendance>(app_.host().loop(), exchange_, terms_.leaves_at)
               : nullptr;
  }

  [[nodiscard]] ReplyStream answer_of_app(std::unique_ptr<Attendance> attendance) {
    auto [reply, source] = exchange_->take_answer();
    complete(reply);
    if (attendance != nullptr && !source) {
      std::exchange(attendance, nullptr)->finish();
    }
    return {std::move(reply), std::move(source), std::move(attendance)};
  }

  [[nodiscard]] std::shared_ptr<KeepableExchange> make_exchange() {
    MemoryHost& host = app_.host();
    return std::make_shared<KeepableExchange>(host.loop(), host.journal(), message_, terms_.origin);
  }

  // They are an earlier handler's.
  void forget_errors() { static_cast<void>(app_.host().journal().take_error()); }

  LoadedApp& app_;
  std::shared_ptr<Message> message_;
  Terms terms_;
  std::uint64_t sent_ = 0;
  std::shared_ptr<KeepableExchange> exchange_;
  std::optional<Reply> answer_;  // the server's own
  bool closes_ = false;          // the answer comes before the body
};

}  // namespace appserver::testing
