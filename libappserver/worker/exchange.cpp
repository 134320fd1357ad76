#include "worker/exchange.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <exception>
#include <fcntl.h>
#include <sys/stat.h>
#include <utility>

#include "base/coarse_clock.h"
#include "base/errno_text.h"
#include "http/error_body.h"
#include "http/stream_writer.h"
#include "worker/detached_exchange.h"
#include "worker/detached_exchanges.h"

namespace appserver::worker {
namespace {

// A body from here on is sent from the app's memory while the handler runs; a smaller one is
// cheaper to copy into the batch.
constexpr std::size_t kSentDirectly = 16 * 1024;

appserver_str to_abi(std::string_view text) noexcept {
  return {text.data(), text.size()};
}

std::string_view from_abi(appserver_str text) noexcept {
  return {text.data, text.size};
}

}  // namespace

void Exchange::begin(const Incoming& incoming, std::string& out) noexcept {
  incoming_ = &incoming;
  out_ = &out;
  refusal_.clear();
  peer_text_.clear();
  id_text_.clear();
  const http::RequestHead& head = incoming.head;
  request_headers_.clear();
  for (const http::Field& field : head.fields) {
    request_headers_.push_back({to_abi(field.name), to_abi(field.value)});
  }
  request_ = {
      .size = sizeof(appserver_request),
      .http_version = head.minor_version == 0 ? 10U : 11U,
      .method = to_abi(head.method),
      .target = to_abi(head.target),
      .path = to_abi(incoming.destination.path),
      .query = to_abi(head.query),
      .headers = request_headers_.data(),
      .header_count = request_headers_.size(),
      .body = to_abi(incoming.body),
      .scheme = to_abi(incoming.provenance.scheme == http::Scheme::Https ? "https" : "http"),
      .authority = to_abi(incoming.provenance.host)};
}

Outcome Exchange::take_outcome() noexcept {
  Outcome outcome = std::move(outcome_);
  outcome_.status = 0;
  outcome_.body_bytes = 0;
  outcome_.close = false;
  outcome_.body.emplace<std::monostate>();
  outcome_.sink.reset();
  outcome_.detached = nullptr;
  return outcome;
}

void Exchange::answer_with_error(unsigned status) {
  append_error(status, {});
}

void Exchange::answer_unavailable(std::chrono::seconds retry_after) {
  const std::string seconds = std::to_string(retry_after.count());
  const std::array<http::Field, 1> retry{http::Field{"Retry-After", seconds}};
  append_error(503, retry);
}

void Exchange::append_error(unsigned status, std::span<const http::Field> more_fields) {
  const http::ErrorBody body =
      http::render_error(status, "", http::accept_of(incoming_->head), incoming_->error_pages);
  std::vector<http::Field> fields{{"Content-Type", body.content_type}, {"Vary", "Accept"}};
  fields.insert(fields.end(), more_fields.begin(), more_fields.end());
  append({status, fields, body.content});
}

// Nothing may leave into C. What is thrown here is want of memory.
template <typename Action>
int32_t Exchange::guarded(const Action& action) noexcept {
  const DetachedExchange::Access access(detached_);
  if (!access.is_wanted()) {
    return APPSERVER_FAILED;
  }
  try {
    return action() ? APPSERVER_OK : APPSERVER_FAILED;
  } catch (const std::exception& error) {
    refusal_ = error.what();
    return APPSERVER_FAILED;
  }
}

std::optional<http::Response> Exchange::check_answer(const appserver_response* response) {
  if (response == nullptr || response->size < sizeof(appserver_response)) {
    refusal_ = "the response struct is smaller than that of ABI 1.0";
    return std::nullopt;
  }
  if (is_settled()) {
    refusal_ = "the request was answered before";
    return std::nullopt;
  }
  const http::Response answer{response->status,
                              take_fields(response->headers, response->header_count),
                              from_abi(response->body)};
  if (const auto valid = http::validate(answer); !valid) {
    refusal_ = valid.error().message;
    return std::nullopt;
  }
  return answer;
}

std::span<const http::Field> Exchange::take_fields(const appserver_header* headers,
                                                   std::size_t count) {
  response_fields_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    response_fields_.push_back({from_abi(headers[i].name), from_abi(headers[i].value)});
  }
  return response_fields_;
}

void Exchange::settle(unsigned status, bool close) noexcept {
  outcome_.status = status;
  outcome_.close = close;
}

int32_t Exchange::respond(appserver_exchange* exchange,
                          const appserver_response* response) noexcept {
  Exchange& self = of(exchange);
  return self.guarded([&] {
    const auto answer = self.check_answer(response);
    if (answer) {
      self.append(*answer);
    }
    return answer.has_value();
  });
}

void Exchange::append(http::Response response) {
  if (incoming_->compression != nullptr) {
    response = incoming_->compression->whole(response, incoming_->head);
  }
  settle(response.status, http::announces_close(response));
  http::Reply reply = incoming_->reply;
  outcome_.body_bytes = reply.head_request ? 0 : response.body.size();
  reply.keep_alive = reply.keep_alive && !outcome_.close;
  const http::Framing framing = http::framing_for(response, reply, response.body.size());
  if (response.body.size() < kSentDirectly || framing.kind != http::Framing::Kind::Length) {
    http::append_response(*out_, response, reply, incoming_->date);
    return;
  }
  http::append_head(*out_, response, reply, framing, incoming_->date);
  incoming_->outlet.send_now(*out_, response.body);
}

int32_t Exchange::respond_stream(appserver_exchange* exchange, const appserver_response* head,
                                 const appserver_body_source* source) noexcept {
  Exchange& self = of(exchange);
  std::optional<AppSource> taken;
  if (source != nullptr && source->size >= sizeof(appserver_body_source) &&
      source->produce != nullptr) {
    taken.emplace(*source);  // Whatever happens from here on, the source is released.
  }
  return self.guarded([&] {
    const auto answer = self.check_answer(head);
    if (!answer) {
      return false;
    }
    if (!taken) {
      self.refusal_ = "the body source has no `produce`";
      return false;
    }
    self.stream(*answer, std::move(*taken));
    return true;
  });
}

void Exchange::stream(http::Response head, AppSource source) {
  if (incoming_->compression != nullptr) {
    source.compress(*incoming_->compression, head, incoming_->head);
    if (detached_ != nullptr) {
      source.keep_compressor();  // The compression is another thread's then.
    }
  }
  const http::Framing framing = http::framing_for(head, incoming_->reply, std::nullopt);
  source.frame(framing);
  settle(head.status,
         http::announces_close(head) || framing.kind == http::Framing::Kind::UntilClose);
  http::Reply reply = incoming_->reply;
  reply.keep_alive = reply.keep_alive && !outcome_.close;
  http::append_head(*out_, head, reply, framing, incoming_->date);
  if (!reply.head_request && framing.kind != http::Framing::Kind::None) {
    outcome_.body.emplace<AppSource>(std::move(source));
  }
}

int32_t Exchange::respond_file(appserver_exchange* exchange, const appserver_response* head,
                               int32_t fd) noexcept {
  Exchange& self = of(exchange);
  return self.guarded([&] {
    const auto answer = self.check_answer(head);
    return answer.has_value() && self.send_file(*answer, fd);
  });
}

bool Exchange::send_file(const http::Response& head, int fd) {
  struct stat status {};
  UniqueFd file(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!file.is_open() || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    refusal_ = "the descriptor of the response is no regular file that can be read: " +
               (file.is_open() ? std::string("another kind of file") : errno_text(errno));
    return false;
  }
  FileTraits traits;
  traits.extra = head.fields;
  FileAnswer answer = answer_with_file(incoming_->head, std::move(file), status, traits);
  settle(answer.status, http::announces_close(head));
  http::Reply reply = incoming_->reply;
  reply.keep_alive = reply.keep_alive && !outcome_.close;
  append_file_head(*out_, answer, reply, incoming_->date);
  outcome_.body_bytes = answer.content_length;
  if (!reply.head_request && !answer.pieces.empty()) {
    outcome_.body.emplace<FileAnswer>(std::move(answer));
  }
  return true;
}

int32_t Exchange::inform(appserver_exchange* exchange, uint32_t status,
                         const appserver_header* headers, size_t header_count) noexcept {
  Exchange& self = of(exchange);
  return self.guarded([&] {
    const auto fields = self.take_fields(headers, header_count);
    if (status < 102 || status > 199 || self.is_settled() || !http::validate({200, fields, {}})) {
      self.refusal_ =
          "an interim response has a status from 102 to 199, valid fields, and comes first";
      return false;
    }
    if (self.incoming_->reply.minor_version > 0) {
      http::append_interim(*self.out_, status, fields);
      self.incoming_->outlet.send_now(*self.out_, {});
    }
    return true;
  });
}

int32_t Exchange::receive_body(appserver_exchange* exchange,
                               const appserver_body_sink* sink) noexcept {
  Exchange& self = of(exchange);
  if (sink == nullptr || sink->size < sizeof(appserver_body_sink) || sink->chunk == nullptr ||
      sink->end == nullptr) {
    self.refusal_ = "the body sink has no `chunk` or no `end`";
    return APPSERVER_FAILED;
  }
  AppSink taken(*sink);
  if (!self.incoming_->streams_body || self.is_settled()) {
    self.refusal_ = "the body of this request is not streamed, or it is answered already";
    return APPSERVER_FAILED;
  }
  self.outcome_.sink.emplace(std::move(taken));
  return APPSERVER_OK;
}

int32_t Exchange::set_deadline(appserver_exchange* exchange, uint64_t milliseconds) noexcept {
  // A longer time is a slip, and would overflow the sum.
  constexpr std::chrono::milliseconds kLongest = std::chrono::hours{24 * 7};
  const auto time = std::chrono::milliseconds(std::min<uint64_t>(milliseconds, kLongest.count()));
  const TimePoint at = milliseconds == 0 ? TimePoint::max() : coarse_now() + time;
  const Exchange& self = of(exchange);
  if (self.detached_ == nullptr) {
    self.score_->set_deadline(at);
    return APPSERVER_OK;
  }
  const DetachedExchange::Access access(self.detached_);
  self.detached_->set_deadline(at);
  return APPSERVER_OK;
}

appserver_exchange* Exchange::defer(appserver_exchange* exchange) noexcept {
  Exchange& self = of(exchange);
  bool is_kept = false;
  static_cast<void>(self.guarded([&] {
    is_kept = !self.is_settled();
    if (is_kept && self.detached_ != nullptr) {
      self.detached_->keep();
    } else if (is_kept) {
      self.outcome_.detached = &self.home_->begin(*self.incoming_);
      static_cast<void>(self.outcome_.detached->claim_start());  // It is running.
    }
    return true;
  }));
  if (!is_kept || self.outcome_.detached == nullptr) {
    return is_kept && self.detached_ != nullptr ? exchange : nullptr;
  }
  return self.outcome_.detached->handle();
}

appserver_str Exchange::peer(appserver_exchange* exchange) noexcept {
  Exchange& self = of(exchange);
  const auto lock =
      self.detached_ == nullptr ? std::unique_lock<std::mutex>() : self.detached_->lock();
  if (self.peer_text_.empty()) {
    self.incoming_->provenance.client.append_host_and_port(self.peer_text_);
  }
  return to_abi(self.peer_text_);
}

appserver_str Exchange::request_id(appserver_exchange* exchange) noexcept {
  Exchange& self = of(exchange);
  const auto lock =
      self.detached_ == nullptr ? std::unique_lock<std::mutex>() : self.detached_->lock();
  return to_abi(self.id());
}

appserver_str Exchange::mount(appserver_exchange* exchange) noexcept {
  return to_abi(of(exchange).incoming_->destination.place->prefix);
}

std::string_view Exchange::id() {
  if (id_text_.empty()) {
    const std::string_view given = http::value_of(incoming_->head.fields, "x-request-id");
    if (RequestIds::is_sane(given)) {
      id_text_ = given;
    } else {
      ids_.append_next(id_text_);
    }
    if (score_ != nullptr) {
      score_->set_request_id(id_text_);
    }
  }
  return id_text_;
}

void append_file_head(std::string& out, const FileAnswer& answer, const http::Reply& reply,
                      std::string_view date) {
  std::vector<http::Field> fields;
  for (const auto& field : answer.fields) {
    fields.push_back({field.name, field.value});
  }
  const http::Response head{answer.status, fields, {}};
  http::append_head(out, head, reply, http::framing_for(head, reply, answer.content_length), date);
  if (!reply.head_request) {
    out.append(answer.text);
  }
}

}  // namespace appserver::worker
