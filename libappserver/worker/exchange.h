#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <appserver/abi.h>

#include "http/body_compression.h"
#include "http/error_pages.h"
#include "http/forwarded.h"
#include "http/request_head.h"
#include "http/response_writer.h"
#include "ipc/scoreboard.h"
#include "worker/app_body.h"
#include "worker/app_places.h"
#include "worker/file_answer.h"
#include "worker/request_ids.h"

namespace appserver::worker {

class DetachedExchange;
class DetachedExchanges;

// Where bytes can be sent while the handler is still running.
class Outlet {
 public:
  // Sends `out` and behind it `body`, as much as the client takes; what it does not take is left in
  // `out`, so that the caller sends it later. `body` is not copied unless it has to be.
  virtual void send_now(std::string& out, std::string_view body) = 0;

 protected:
  ~Outlet() = default;
};

// A request on its way to the app, and where the answer goes. References live as long as the
// handler runs.
struct Incoming {
  const http::RequestHead& head;
  std::string_view body;
  const http::Provenance& provenance;
  http::Reply reply;      // What the request asks of the response's framing.
  std::string_view date;  // For the Date field.
  Outlet& outlet;
  const http::ErrorPages& error_pages;
  http::BodyCompression* compression;  // Null: the response stays as it is.
  Destination destination;             // The app that is called.
  bool streams_body = false;  // The body has yet to arrive, and the app wants to take it in.
  // Whether the connection can be used after an answer that is given when the body has arrived.
  bool may_stay_after_body = false;
};

// What became of a request.
struct Outcome {
  unsigned status = 0;  // 0: not answered; then there is a sink, or it is detached.
  std::uint64_t body_bytes = 0;
  bool close = false;  // The connection has to end after this response.
  // A body that follows what was appended.
  std::variant<std::monostate, AppSource, FileAnswer> body;
  std::optional<AppSink> sink;
  // The exchange is or was answered elsewhere, and still refers to the request.
  DetachedExchange* detached = nullptr;
};

// The host's side of the opaque `appserver_exchange`: one request and its response while the
// handler runs. A worker has one for its first thread, used again and again, so that its buffers
// are allocated once; those that are answered elsewhere have one each. [in-handler]
class Exchange {
 public:
  // The first thread's. All outlive it.
  Exchange(RequestIds& ids, ipc::ScoreboardEntry& score, DetachedExchanges& home) noexcept
      : ids_(ids), score_(&score), home_(&home) {}
  // That of a detached exchange.
  Exchange(RequestIds& ids, DetachedExchange& detached) noexcept
      : ids_(ids), detached_(&detached) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Starts with `incoming`; the response will be appended to `out`. Both outlive the exchange.
  void begin(const Incoming& incoming, std::string& out) noexcept;

  // The request in the form of the ABI; valid until the next begin().
  [[nodiscard]] const appserver_request& request() const noexcept { return request_; }
  [[nodiscard]] const Incoming& incoming() const noexcept { return *incoming_; }
  [[nodiscard]] appserver_exchange* handle() noexcept {
    return reinterpret_cast<appserver_exchange*>(this);
  }
  [[nodiscard]] static Exchange& of(appserver_exchange* handle) noexcept {
    return *reinterpret_cast<Exchange*>(handle);
  }
  // What it is part of; null for the first thread's.
  [[nodiscard]] DetachedExchange* detached() const noexcept { return detached_; }

  [[nodiscard]] bool is_answered() const noexcept { return outcome_.status != 0; }
  // Of an answer: whether all of it was appended, and whether the connection has to end after it.
  [[nodiscard]] bool is_text() const noexcept {
    return std::holds_alternative<std::monostate>(outcome_.body);
  }
  [[nodiscard]] bool closes() const noexcept { return outcome_.close; }
  // Whether the app did its part: it answered, or will do so, or it takes the body in first.
  [[nodiscard]] bool is_settled() const noexcept {
    return is_answered() || outcome_.sink.has_value() || outcome_.detached != nullptr;
  }
  [[nodiscard]] Outcome take_outcome() noexcept;
  // Why the app's response was refused; empty when none was.
  [[nodiscard]] const std::string& refusal() const noexcept { return refusal_; }

  // What request_id() gives.
  [[nodiscard]] std::string_view id();

  // Answers with the server's own words, for when the app did not.
  void answer_with_error(unsigned status);
  // The same with 503, and when the client may try again.
  void answer_unavailable(std::chrono::seconds retry_after);

  // The functions behind appserver_host's, appserver_stream's, appserver_async's and
  // appserver_mount's pointers of the same names.
  static int32_t respond(appserver_exchange* exchange, const appserver_response* response) noexcept;
  static appserver_str peer(appserver_exchange* exchange) noexcept;
  static appserver_str request_id(appserver_exchange* exchange) noexcept;
  static appserver_str mount(appserver_exchange* exchange) noexcept;
  static int32_t respond_stream(appserver_exchange* exchange, const appserver_response* head,
                                const appserver_body_source* source) noexcept;
  static int32_t respond_file(appserver_exchange* exchange, const appserver_response* head,
                              int32_t fd) noexcept;
  static int32_t inform(appserver_exchange* exchange, uint32_t status,
                        const appserver_header* headers, size_t header_count) noexcept;
  static int32_t receive_body(appserver_exchange* exchange,
                              const appserver_body_sink* sink) noexcept;
  static int32_t set_deadline(appserver_exchange* exchange, uint64_t milliseconds) noexcept;
  static appserver_exchange* defer(appserver_exchange* exchange) noexcept;

 private:
  template <typename Action>
  int32_t guarded(const Action& action) noexcept;
  // Returns: the response in our form, or nothing, with the reason in refusal_.
  std::optional<http::Response> check_answer(const appserver_response* response);
  std::span<const http::Field> take_fields(const appserver_header* headers, std::size_t count);
  void append_error(unsigned status, std::span<const http::Field> more_fields);
  void append(http::Response response);
  void stream(http::Response head, AppSource source);
  bool send_file(const http::Response& head, int fd);
  void settle(unsigned status, bool close) noexcept;

  RequestIds& ids_;
  ipc::ScoreboardEntry* score_ = nullptr;  // Null: it keeps its deadline itself.
  DetachedExchanges* home_ = nullptr;      // Null: it is detached already.
  DetachedExchange* detached_ = nullptr;
  const Incoming* incoming_ = nullptr;
  std::string* out_ = nullptr;
  appserver_request request_{};
  std::vector<appserver_header> request_headers_;
  std::vector<http::Field> response_fields_;
  Outcome outcome_;
  std::string refusal_;
  std::string peer_text_;
  std::string id_text_;
};

// Appends the head of an answer that is a file, as its sender will frame it. Used for the app's
// files and for
// --static.
void append_file_head(std::string& out, const FileAnswer& answer, const http::Reply& reply,
                      std::string_view date);

}  // namespace appserver::worker
