#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/abi.h>
#include <appserver/abi_stream.h>
#include <appserver/detail/host.hpp>
#include <appserver/testing/body_source.hpp>
#include <appserver/testing/file_reply.hpp>
#include <appserver/testing/messages.hpp>
#include <appserver/testing/rules.hpp>

namespace appserver::testing {

// Not part of the user's interface: one request and its response, behind the opaque
// appserver_exchange. Neither copied nor moved: the ABI's structs refer to it.
class Exchange {
 public:
  Exchange(std::shared_ptr<const Message> message, Origin origin)
      : message_(std::move(message)), origin_(std::move(origin)) {
    for (const auto& [name, value] : message_->headers) {
      fields_.push_back({detail::to_abi(name), detail::to_abi(value)});
    }
    const std::string_view target = message_->target;
    const std::size_t question = std::min(target.find('?'), target.size());
    request_ = {.size = sizeof(appserver_request),
                .http_version = 11,
                .method = detail::to_abi(message_->method),
                .target = detail::to_abi(target),
                .path = detail::to_abi(target.substr(0, question)),
                .query = detail::to_abi(target.substr(std::min(question + 1, target.size()))),
                .headers = fields_.data(),
                .header_count = fields_.size(),
                .body = detail::to_abi(message_->body),
                .scheme = detail::to_abi(origin_.scheme),
                .authority = detail::to_abi(value_of(message_->headers, "Host"))};
  }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() = default;

  [[nodiscard]] const Message& message() const noexcept { return *message_; }
  [[nodiscard]] const appserver_request& request() const noexcept { return request_; }
  [[nodiscard]] appserver_exchange* handle() noexcept {
    return reinterpret_cast<appserver_exchange*>(this);
  }
  void let_body_stream() noexcept { streams_body_ = true; }

  [[nodiscard]] bool is_answered() const noexcept { return reply_.has_value(); }
  // Answered, or in the course of taking the body in.
  [[nodiscard]] bool is_settled() const noexcept { return is_answered() || sink_.has_value(); }
  [[nodiscard]] std::optional<Reply>& reply() noexcept { return reply_; }
  [[nodiscard]] std::vector<Hint>& hints() noexcept { return hints_; }
  [[nodiscard]] std::optional<BodySource>& source() noexcept { return source_; }
  [[nodiscard]] std::optional<BodySink>& sink() noexcept { return sink_; }
  // Why the app's last answer was refused; empty when none was.
  [[nodiscard]] const std::string& refusal() const noexcept { return refusal_; }

  // The functions behind the pointers of appserver_host and appserver_stream.
  static std::int32_t respond(appserver_exchange* exchange,
                              const appserver_response* response) noexcept {
    Exchange& own = self(exchange);
    if (own.begin_reply(*response)) {
      const bool sends = !rules::has_no_body(own.reply_->status);
      own.reply_->body = sends ? detail::to_view(response->body) : std::string_view();
      own.set_length(own.reply_->body.size());
    }
    return own.outcome();
  }

  static std::int32_t respond_stream(appserver_exchange* exchange, const appserver_response* head,
                                     const appserver_body_source* source) noexcept {
    Exchange& own = self(exchange);
    BodySource taken(*source);  // whatever happens from here on, it is released
    if (!own.begin_reply(*head)) {
      return own.outcome();
    }
    if (own.framing_.length) {
      own.set_length(*own.framing_.length);
    } else if (!rules::has_no_body(own.reply_->status)) {
      own.reply_->headers.emplace_back("Transfer-Encoding", "chunked");
    }
    if (own.message_->method != "HEAD" && !rules::has_no_body(own.reply_->status)) {
      taken.promise(own.framing_.length);
      own.source_.emplace(std::move(taken));
    }
    return own.outcome();
  }

  static std::int32_t respond_file(appserver_exchange* exchange, const appserver_response* head,
                                   std::int32_t fd) noexcept {
    Exchange& own = self(exchange);
    if (!own.begin_reply(*head)) {
      return own.outcome();
    }
    std::optional<Reply> made = file_reply(*own.message_, std::move(own.reply_->headers), fd);
    if (!made) {
      own.reply_.reset();
      own.refusal_ = "the descriptor of the response is no regular file";
      return own.outcome();
    }
    own.reply_ = std::move(made);
    own.set_length(own.reply_->body.size());
    return own.outcome();
  }

  static std::int32_t inform(appserver_exchange* exchange, std::uint32_t status,
                             const appserver_header* headers, std::size_t count) noexcept {
    Exchange& own = self(exchange);
    Headers fields = to_headers(headers, count);
    if (status < 102 || status > 199 || own.is_settled() || !rules::refusal_of(fields).empty()) {
      own.refusal_ =
          "an interim response has a status from 102 to 199, valid fields, and comes first";
      return APPSERVER_FAILED;
    }
    own.hints_.push_back({static_cast<int>(status), std::move(fields)});
    return APPSERVER_OK;
  }

  static std::int32_t receive_body(appserver_exchange* exchange,
                                   const appserver_body_sink* sink) noexcept {
    Exchange& own = self(exchange);
    BodySink taken(*sink);
    if (!own.streams_body_ || own.is_settled()) {
      own.refusal_ = "the body of this request is not streamed, or it is answered already";
      return APPSERVER_FAILED;
    }
    own.sink_.emplace(std::move(taken));
    return APPSERVER_OK;
  }

  static appserver_str peer(appserver_exchange* exchange) noexcept {
    return detail::to_abi(self(exchange).origin_.peer);
  }
  static appserver_str request_id(appserver_exchange* exchange) noexcept {
    return detail::to_abi(self(exchange).origin_.request_id);
  }

 protected:
  [[nodiscard]] static Exchange& self(appserver_exchange* exchange) noexcept {
    return *reinterpret_cast<Exchange*>(exchange);
  }

 private:
  [[nodiscard]] std::int32_t outcome() const noexcept {
    return refusal_.empty() ? APPSERVER_OK : APPSERVER_FAILED;
  }

  // Takes status and fields, or says in refusal_ why not.
  [[nodiscard]] bool begin_reply(const appserver_response& response) {
    Headers headers = to_headers(response.headers, response.header_count);
    refusal_ = is_settled() ? "the request was answered before"
                            : rules::refusal_of(response.status, headers);
    if (!refusal_.empty()) {
      return false;
    }
    framing_ = rules::take_framing(headers);
    reply_.emplace();
    reply_->status = static_cast<int>(response.status);
    reply_->headers = std::move(headers);
    if (framing_.close) {
      reply_->headers.emplace_back("Connection", "close");
    }
    return true;
  }

  void set_length(std::uint64_t length) {
    if (message_->method == "HEAD" && length == 0) {
      length = framing_.length.value_or(0);  // an app may know what the body would be
    }
    if (!rules::has_no_length(reply_->status)) {
      reply_->headers.emplace_back("Content-Length", std::to_string(length));
    }
    if (message_->method == "HEAD") {
      reply_->body.clear();
    }
  }

  std::shared_ptr<const Message> message_;  // the app may look at it when the client has left
  Origin origin_;
  std::vector<appserver_header> fields_;
  appserver_request request_{};
  bool streams_body_ = false;
  rules::Taken framing_;
  std::optional<Reply> reply_;
  std::vector<Hint> hints_;
  std::optional<BodySource> source_;
  std::optional<BodySink> sink_;
  std::string refusal_;
};

}  // namespace appserver::testing
