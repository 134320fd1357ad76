#include "worker/exchange.h"

#include <algorithm>
#include <exception>

#include "http/grammar.h"
namespace appserver::worker {
namespace {

appserver_str to_abi(std::string_view text) noexcept {
  return {text.data(), text.size()};
}

std::string_view from_abi(appserver_str text) noexcept {
  return {text.data, text.size};
}

Exchange& from_handle(appserver_exchange* handle) noexcept {
  return *reinterpret_cast<Exchange*>(handle);
}

}  // namespace

void Exchange::begin(const Incoming& incoming, std::string& out) noexcept {
  incoming_ = &incoming;
  out_ = &out;
  outcome_ = {};
  answered_ = false;
  refusal_.clear();
  peer_text_.clear();
  id_text_.clear();
  const http::RequestHead& head = incoming.head;
  request_headers_.clear();
  for (const http::Field& field : head.fields) {
    request_headers_.push_back({to_abi(field.name), to_abi(field.value)});
  }
  request_ = {.size = sizeof(appserver_request),
              .http_version = head.minor_version == 0 ? 10U : 11U,
              .method = to_abi(head.method),
              .target = to_abi(head.target),
              .path = to_abi(head.path),
              .query = to_abi(head.query),
              .headers = request_headers_.data(),
              .header_count = request_headers_.size(),
              .body = to_abi(incoming.body)};
}

void Exchange::answer_with(unsigned status, std::string_view text) {
  const http::Field content_type{"Content-Type", "text/plain; charset=utf-8"};
  append({status, {&content_type, 1}, text});
}

int32_t Exchange::respond(appserver_exchange* exchange,
                          const appserver_response* response) noexcept {
  Exchange& self = from_handle(exchange);
  try {
    if (response == nullptr || response->size < sizeof(appserver_response)) {
      self.refusal_ = "the response struct is smaller than that of ABI 1.0";
      return APPSERVER_FAILED;
    }
    return self.take(*response);
  } catch (const std::exception& error) {  // No memory for a huge body.
    self.refusal_ = error.what();
    return APPSERVER_FAILED;
  }
}

int32_t Exchange::take(const appserver_response& response) {
  if (answered_) {
    refusal_ = "the request was answered before";
    return APPSERVER_FAILED;
  }
  response_fields_.clear();
  for (std::size_t i = 0; i < response.header_count; ++i) {
    const appserver_header& header = response.headers[i];
    response_fields_.push_back({from_abi(header.name), from_abi(header.value)});
  }
  const http::Response answer{response.status, response_fields_, from_abi(response.body)};
  if (const auto valid = http::validate(answer); !valid) {
    refusal_ = valid.error().message;
    return APPSERVER_FAILED;
  }
  append(answer);
  return APPSERVER_OK;
}

void Exchange::append(const http::Response& response) {
  outcome_.status = response.status;
  outcome_.close = http::announces_close(response);
  outcome_.body_bytes = incoming_->reply.head_request ? 0 : response.body.size();
  http::Reply reply = incoming_->reply;
  reply.keep_alive = reply.keep_alive && !outcome_.close;
  http::append_response(*out_, response, reply, incoming_->date);
  answered_ = true;
}

appserver_str Exchange::peer(appserver_exchange* exchange) noexcept {
  Exchange& self = from_handle(exchange);
  if (self.peer_text_.empty()) {
    self.incoming_->peer.append_host_and_port(self.peer_text_);
  }
  return to_abi(self.peer_text_);
}

appserver_str Exchange::request_id(appserver_exchange* exchange) noexcept {
  Exchange& self = from_handle(exchange);
  if (self.id_text_.empty()) {
    const auto& fields = self.incoming_->head.fields;
    const auto given = std::find_if(fields.begin(), fields.end(), [](const http::Field& field) {
      return http::equals_lower(field.name, "x-request-id");
    });
    if (given != fields.end() && RequestIds::is_sane(given->value)) {
      self.id_text_ = given->value;
    } else {
      self.ids_.append_next(self.id_text_);
    }
  }
  return to_abi(self.id_text_);
}

}  // namespace appserver::worker
