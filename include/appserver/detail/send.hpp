#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <appserver/abi_stream.h>
#include <appserver/detail/fence.hpp>
#include <appserver/detail/host.hpp>
#include <appserver/response.hpp>
#include <appserver/streaming.hpp>

// Not part of the user's interface: how a Response reaches the server.
namespace appserver::detail {

// A body that the app produces, between the calls of the server. Deletes itself when it is
// released.
class Producing {
 public:
  Producing(Host host, const appserver_stream& stream, std::shared_ptr<BodyProducer> producer)
      : host_(host), stream_(stream), producer_(std::move(producer)) {}

  // Gives `producing` away as the ABI wants it.
  [[nodiscard]] static appserver_body_source hand_over(std::unique_ptr<Producing> producing) {
    return {sizeof(appserver_body_source), 0, producing.release(), &produce, &release};
  }

 private:
  static std::int32_t produce(void* state, appserver_body_writer* writer) noexcept {
    const auto& self = *static_cast<Producing*>(state);
    std::int32_t result = APPSERVER_STREAM_FAILED;
    const auto action = [&] {
      BodyWriter out(self.stream_, writer);
      result = self.producer_->produce(out) ? APPSERVER_STREAM_MORE : APPSERVER_STREAM_END;
      return APPSERVER_OK;
    };
    // There is no answer left that could be a 500: the log is the only place for the reason.
    static_cast<void>(fenced(action, [&self](const char* why) noexcept {
      self.host_.log(APPSERVER_LOG_ERROR, why);
      self.host_.report_error(why);
    }));
    return result;
  }
  static void release(void* state) noexcept {
    const std::unique_ptr<Producing> last(static_cast<Producing*>(state));
  }

  Host host_;
  const appserver_stream& stream_;
  std::shared_ptr<BodyProducer> producer_;
};

// Answers with whatever kind of body the response has. `head` has the response's status and fields.
[[nodiscard]] inline std::int32_t send_with_body(Host host, appserver_exchange* exchange,
                                                 const Response& response,
                                                 const appserver_response& head) {
  if (!response.has_late_body()) {
    return host.respond(exchange, head);
  }
  const appserver_stream* stream = host.stream();
  if (stream == nullptr) {
    host.report_error("streams and files need a server with ABI 1.1; use a newer appserverd");
    return APPSERVER_FAILED;
  }
  if (response.file() != nullptr) {
    return stream->respond_file(exchange, &head, response.file()->fd);
  }
  if (response.producer() == nullptr) {
    host.report_error("this answer has to be made at once, and must not be a pending one");
    return APPSERVER_FAILED;
  }
  const appserver_body_source source =
      Producing::hand_over(std::make_unique<Producing>(host, *stream, response.producer()));
  return stream->respond_stream(exchange, &head, &source);
}

// Calls `action` with status, fields and body of a response in the form of the ABI, and returns
// what it returns.
template <typename Action>
[[nodiscard]] std::int32_t with_message(const Response& response, const Action& action) {
  constexpr std::size_t kFew = 16;  // responses with no more header fields need no allocation
  std::array<appserver_header, kFew> few;
  std::vector<appserver_header> many;
  appserver_header* fields = few.data();
  if (response.headers().size() + 1 > kFew) {
    many.resize(response.headers().size() + 1);
    fields = many.data();
  }
  std::size_t count = 0;
  if (!response.content_type().empty()) {
    fields[count++] = {to_abi("Content-Type"), to_abi(response.content_type())};
  }
  for (const ResponseHeader& field : response.headers()) {
    fields[count++] = {to_abi(field.name), to_abi(field.value)};
  }
  return action(appserver_response{
      sizeof(appserver_response),
      static_cast<std::uint32_t>(response.status()),
      fields,
      count,
      to_abi(response.body()),
  });
}

// Hands a response to the server, which copies what it needs.
// Returns: what the server says; APPSERVER_FAILED when the response is not valid HTTP. [handler]
[[nodiscard]] inline std::int32_t send(Host host, appserver_exchange* exchange,
                                       const Response& response) {
  return with_message(response, [&](const appserver_response& message) {
    return send_with_body(host, exchange, response, message);
  });
}

// The same with a body from `source`, which is released in any case.
[[nodiscard]] inline std::int32_t send_in_pieces(Host host, appserver_exchange* exchange,
                                                 const Response& head,
                                                 const appserver_body_source& source) {
  return with_message(head, [&](const appserver_response& message) {
    return host.stream()->respond_stream(exchange, &message, &source);
  });
}

}  // namespace appserver::detail
