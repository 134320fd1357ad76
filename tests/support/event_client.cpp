#include "support/event_client.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <utility>

namespace appserver::test {
namespace {

constexpr int kStepMilliseconds = 5;

[[noreturn]] void refuse(const std::string& why, std::string_view input) {
  throw std::runtime_error("not a stream of events: " + why + ": " +
                           std::string(input.substr(0, 300)));
}

}  // namespace

EventClient::EventClient(Address address, std::string target, std::string last_id)
    : address_(std::move(address)), target_(std::move(target)), last_id_(std::move(last_id)) {
  connect();
}

std::vector<std::string> EventClient::data_of(std::string_view type) const {
  std::vector<std::string> data;
  for (const ReceivedEvent& event : events_) {
    if (event.type == type) {
      data.push_back(event.data);
    }
  }
  return data;
}

void EventClient::connect() {
  socket_ = start_connecting(address_);
  if (!socket_.is_open()) {
    throw std::runtime_error("cannot connect");
  }
  pollfd writable{.fd = socket_.get(), .events = POLLOUT, .revents = 0};
  ::poll(&writable, 1, 5000);
  ask();
}

void EventClient::ask() {
  is_streaming_ = waits_ = false;
  std::string request = "GET " + target_ + " HTTP/1.1\r\nHost: events\r\n";
  if (!last_id_.empty()) {
    request += "Last-Event-ID: " + last_id_ + "\r\n";
  }
  request += "\r\n";
  if (::send(socket_.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    throw std::runtime_error("cannot ask for the stream");
  }
}

void EventClient::step() {
  if (socket_.is_open()) {
    receive();
  }
  if (waits_ && std::chrono::steady_clock::now() >= comes_back_at_) {
    socket_.is_open() ? ask() : connect();
  }
}

void EventClient::receive() {
  std::array<char, 16 * 1024> part;
  ssize_t got = 0;
  while ((got = ::recv(socket_.get(), part.data(), part.size(), 0)) > 0) {
    input_.append(part.data(), static_cast<std::size_t>(got));
  }
  const bool has_ended = got == 0 || (errno != EAGAIN && errno != EINTR);
  take_input();
  if (has_ended) {
    cuts_ += waits_ ? 0 : 1;
    input_.clear();
    text_.clear();
    socket_.reset();
    if (!std::exchange(waits_, true)) {
      come_back_later();
    }
  }
}

void EventClient::take_input() {
  if (!is_streaming_ && !waits_ && !take_head()) {
    return;
  }
  std::size_t taken = 0;
  while (!waits_ && take_chunk(taken)) {
  }
  input_.erase(0, taken);  // At once: there may be megabytes.
  take_events();
}

bool EventClient::take_head() {
  const std::size_t end = input_.find("\r\n\r\n");
  if (end == input_.npos) {
    return false;
  }
  const std::string head = input_.substr(0, end + 2);
  if (!head.starts_with("HTTP/1.1 200 ") ||
      head.find("Content-Type: text/event-stream\r\n") == head.npos ||
      head.find("Transfer-Encoding: chunked\r\n") == head.npos) {
    refuse("its head", input_);
  }
  input_.erase(0, end + 4);
  is_streaming_ = true;
  return true;
}

bool EventClient::take_chunk(std::size_t& taken) {
  const std::size_t line = input_.find("\r\n", taken);
  if (line == input_.npos) {
    return false;
  }
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(input_.data() + taken, input_.data() + line, size, 16);
  if (error != std::errc() || end != input_.data() + line) {
    refuse("the size of a chunk", std::string_view(input_).substr(taken));
  }
  if (input_.size() < line + 2 + size + 2) {
    return false;
  }
  text_.append(input_, line + 2, size);
  taken = line + 2 + size + 2;
  if (size == 0) {
    ++ends_;
    take_events();  // The last of them says when to come back.
    waits_ = true;
    come_back_later();
  }
  return true;
}

void EventClient::take_events() {
  std::size_t end = 0;
  std::size_t begin = 0;
  while ((end = text_.find("\n\n", begin)) != text_.npos) {
    take_event(std::string_view(text_).substr(begin, end + 1 - begin));
    begin = end + 2;
  }
  text_.erase(0, begin);
}

void EventClient::take_event(std::string_view lines) {
  ReceivedEvent event;
  bool has_data = false;
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n');
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end + 1);
    const std::size_t colon = line.find(": ");
    const std::string_view name = line.substr(0, colon);
    const std::string value(colon == line.npos ? "" : line.substr(colon + 2));
    if (name.empty()) {
      ++comments_;
    } else if (name == "data") {
      event.data += (std::exchange(has_data, true) ? "\n" : "") + value;
    } else if (name == "id") {
      event.id = last_id_ = value;
    } else if (name == "event") {
      event.type = value;
    } else if (name == "retry") {
      retry_ = milliseconds(std::stoi(value));
    } else {
      refuse("a line", line);
    }
  }
  if (has_data) {
    message_count_ += event.type.empty() ? 1U : 0U;
    events_.push_back(std::move(event));
  }
}

void step_all(const EventClients& clients) {
  std::vector<pollfd> readable;
  for (const auto& client : clients) {
    readable.push_back({.fd = client->fd(), .events = POLLIN, .revents = 0});
  }
  ::poll(readable.data(), readable.size(), kStepMilliseconds);
  for (const auto& client : clients) {
    client->step();
  }
}

}  // namespace appserver::test
