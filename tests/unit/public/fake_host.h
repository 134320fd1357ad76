#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/app.hpp>

// The server's side of the ABI in memory: enough to load an app, call its hooks and send it
// requests, without a socket.

// What a client would have got.
struct Answer {
  std::int32_t handle_result = APPSERVER_OK;
  bool responded = false;
  unsigned status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // The value of the first header field of exactly this name; "(none)" when there is none.
  [[nodiscard]] std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) {
        return value;
      }
    }
    return "(none)";
  }
};

struct appserver_exchange {
  Answer answer;
};

class FakeHost {
 public:
  FakeHost() {
    table_.table.size = sizeof(appserver_host);
    table_.table.abi_major = APPSERVER_ABI_MAJOR;
    table_.table.abi_minor = APPSERVER_ABI_MINOR;
    table_.table.server_version = "0.0-test";
    table_.table.log = &FakeHost::log;
    table_.table.report_error = &FakeHost::report_error;
    table_.table.respond = &FakeHost::respond;
    table_.table.peer = &FakeHost::peer;
    table_.table.request_id = &FakeHost::request_id;
    table_.table.get_extension = &FakeHost::get_extension;
    table_.owner = this;
  }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  [[nodiscard]] appserver_host& table() { return table_.table; }
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] const std::vector<std::pair<int, std::string>>& logged() const { return logged_; }

 private:
  // The table comes first, so that its address is the address of the whole.
  struct OwnedTable {
    appserver_host table{};
    FakeHost* owner = nullptr;
  };

  static FakeHost& self(const appserver_host* host) {
    return *reinterpret_cast<const OwnedTable*>(host)->owner;
  }
  static std::string copy(appserver_str text) { return std::string(text.data, text.size); }

  static void log(const appserver_host* host, std::int32_t level, appserver_str message) {
    self(host).logged_.emplace_back(level, copy(message));
  }
  static void report_error(const appserver_host* host, appserver_str why) {
    self(host).error_ = copy(why);
  }
  static std::int32_t respond(appserver_exchange* exchange, const appserver_response* response) {
    Answer& answer = exchange->answer;
    if (answer.responded || response->status < 200 || response->status > 599) {
      return APPSERVER_FAILED;
    }
    answer.responded = true;
    answer.status = response->status;
    answer.body = copy(response->body);
    for (std::size_t at = 0; at < response->header_count; ++at) {
      answer.headers.emplace_back(copy(response->headers[at].name),
                                  copy(response->headers[at].value));
    }
    return APPSERVER_OK;
  }
  static appserver_str peer(appserver_exchange*) { return {"192.0.2.1:51234", 15}; }
  static appserver_str request_id(appserver_exchange*) { return {"id-1", 4}; }
  static const void* get_extension(const appserver_host*, const char*) { return nullptr; }

  OwnedTable table_;
  std::string error_;
  std::vector<std::pair<int, std::string>> logged_;
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// Sends one request to an app as the server would.
inline Answer send_request(const appserver_app& app, std::string_view method,
                           std::string_view target, const HeaderList& headers = {},
                           std::string_view body = {}) {
  const auto view = [](std::string_view text) { return appserver_str{text.data(), text.size()}; };
  std::vector<appserver_header> fields;
  for (const auto& [name, value] : headers) {
    fields.push_back({view(name), view(value)});
  }
  const std::size_t question = std::min(target.find('?'), target.size());
  appserver_request request{};
  request.size = sizeof(request);
  request.http_version = 11;
  request.method = view(method);
  request.target = view(target);
  request.path = view(target.substr(0, question));
  request.query = view(target.substr(std::min(question + 1, target.size())));
  request.headers = fields.data();
  request.header_count = fields.size();
  request.body = view(body);
  appserver_exchange exchange;
  exchange.answer.handle_result = app.handle(app.state, &exchange, &request);
  return exchange.answer;
}

// An app loaded into a FakeHost of its own.
class LoadedApp {
 public:
  template <typename SetUp>
  explicit LoadedApp(SetUp&& set_up)
      : host_(), entry_(&host_.table(), std::forward<SetUp>(set_up)) {}

  [[nodiscard]] FakeHost& host() { return host_; }
  // Null when the set-up failed.
  [[nodiscard]] const appserver_app* description() const { return entry_.description(); }

  // Errors: throws, and so fails the test, when the set-up failed.
  Answer send(std::string_view method, std::string_view target, const HeaderList& headers = {},
              std::string_view body = {}) {
    if (description() == nullptr) {
      throw std::runtime_error("the app was refused: " + host_.error());
    }
    return send_request(*description(), method, target, headers, body);
  }

  // GET, and the body of the answer.
  std::string get(std::string_view target) { return send("GET", target).body; }

 private:
  FakeHost host_;
  appserver::detail::Entry entry_;
};

// A handler that answers with a fixed word, to see which route was taken.
inline auto says(std::string word) {
  return [word = std::move(word)](const appserver::Request&) { return appserver::text(word); };
}

// Why a set-up is refused; empty when it is accepted.
template <typename SetUp>
std::string refusal(SetUp&& set_up) {
  LoadedApp app(std::forward<SetUp>(set_up));
  return app.description() == nullptr ? app.host().error() : std::string();
}
