#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <appserver/abi.h>

#include "http/request_head.h"
#include "http/response_writer.h"
#include "net/peer_address.h"
#include "worker/request_ids.h"

namespace appserver::worker {

// A complete request on its way to the app, and where the answer goes. References live as long as
// the handler runs.
struct Incoming {
  const http::RequestHead& head;
  std::string_view body;
  const net::PeerAddress& peer;
  http::Reply reply;      // What the request asks of the response's framing.
  std::string_view date;  // For the Date field.
};

// What became of a request.
struct Outcome {
  unsigned status = 0;
  std::uint64_t body_bytes = 0;
  bool close = false;  // The app asked to end the connection after this response.
};

// The host's side of the opaque `appserver_exchange`: one request and its response while the
// handler runs. A worker has one, used again and again, so that its buffers are allocated once.
// [in-handler]
class Exchange {
 public:
  explicit Exchange(RequestIds& ids) noexcept : ids_(ids) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Starts with `incoming`; the response will be appended to `out`. Both outlive the exchange.
  void begin(const Incoming& incoming, std::string& out) noexcept;

  // The request in the form of the ABI; valid until the next begin().
  [[nodiscard]] const appserver_request& request() const noexcept { return request_; }
  [[nodiscard]] appserver_exchange* handle() noexcept {
    return reinterpret_cast<appserver_exchange*>(this);
  }

  [[nodiscard]] bool is_answered() const noexcept { return answered_; }
  [[nodiscard]] const Outcome& outcome() const noexcept { return outcome_; }
  // Why the app's response was refused; empty when none was.
  [[nodiscard]] const std::string& refusal() const noexcept { return refusal_; }

  // Answers with a short text, for when the app did not.
  void answer_with(unsigned status, std::string_view text);

  // The functions behind appserver_host's pointers of the same names.
  static int32_t respond(appserver_exchange* exchange, const appserver_response* response) noexcept;
  static appserver_str peer(appserver_exchange* exchange) noexcept;
  static appserver_str request_id(appserver_exchange* exchange) noexcept;

 private:
  int32_t take(const appserver_response& response);
  void append(const http::Response& response);

  RequestIds& ids_;
  const Incoming* incoming_ = nullptr;
  std::string* out_ = nullptr;
  appserver_request request_{};
  std::vector<appserver_header> request_headers_;
  std::vector<http::Field> response_fields_;
  Outcome outcome_;
  bool answered_ = false;
  std::string refusal_;
  std::string peer_text_;
  std::string id_text_;
};

}  // namespace appserver::worker
