#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/abi.h>
#include <appserver/application.hpp>
#include <appserver/testing/call.hpp>
#include <appserver/testing/cookie_jar.hpp>
#include <appserver/testing/fake_time.hpp>
#include <appserver/testing/loaded_app.hpp>
#include <appserver/testing/loop.hpp>
#include <appserver/testing/messages.hpp>
#include <appserver/testing/reply_stream.hpp>
#include <appserver/testing/upload.hpp>

// Testing an app without a server: no socket, no process, no waiting. The app is called through the
// same C entry as on the server, appserver_app_v1, by a host in memory that keeps to the server's
// rules. Compile the app's sources into the test, or declare a small app in the test itself:
//
//   TEST_CASE("a note can be read") {
//     appserver::testing::Client client(appserver_app_v1);
//     const auto created = client.post("/notes", R"({"title":"milk"})",
//                                      {{"Content-Type", "application/json"}});
//     CHECK(created.status == 201);
//     CHECK(client.get(created.header("Location")).body == created.body);
//   }
//
// What the server does before the app is not here: parsing, compression, --static, limits other
// than that of the body, proxies; nor time-outs and crashes, which end the test as they are.
namespace appserver::testing {

// What a Client is like.
struct ClientOptions {
  std::string host = "localhost";  // the Host field, unless a request has one
  Origin origin{};                 // where requests seem to come from
  unsigned slot = 0;               // of the worker
  unsigned generation = 1;
  std::uint64_t body_limit = std::uint64_t{16} << 20;  // --limit-request-body
  Patience patience{};                                 // with threads and descriptors
};

// A client of an app that is loaded for it alone: two clients share nothing. The constructor runs
// on_load and on_worker_start, stop() or the destructor on_worker_stop. Cookies that the app sets
// are sent back. Not thread-safe.
class Client {
 public:
  // `entry` is appserver_app_v1.
  // Errors: throws std::runtime_error with the app's words when it or one of its hooks fails.
  explicit Client(EntryPoint entry, ClientOptions options = {})
      : options_(std::move(options)), app_(entry) {
    start_worker();
  }

  // An app without APPSERVER_APP; `set_up` is called as its block would be:
  //   Client client([](appserver::App& app) { app.get("/", hello); });
  template <typename SetUp>
  requires std::invocable<SetUp&, App&>
  explicit Client(SetUp set_up, ClientOptions options = {})
      : options_(std::move(options)), app_(std::move(set_up)) {
    start_worker();
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { stop(); }

  // Sends a request and reads the whole answer. Host, Cookie and Content-Length are added. For an
  // answer that is given later, time() jumps to what the app waits for; see Patience.
  // Errors: throws std::invalid_argument for a request that the server would not accept as HTTP;
  // std::runtime_error, saying what the app waits for, when nobody answers.
  Reply request(std::string_view method, std::string_view target, std::string_view body = {},
                Headers headers = {}) {
    return open(method, target, body, std::move(headers)).collect();
  }
  Reply get(std::string_view target, Headers headers = {}) {
    return request("GET", target, {}, std::move(headers));
  }
  Reply head(std::string_view target, Headers headers = {}) {
    return request("HEAD", target, {}, std::move(headers));
  }
  Reply del(std::string_view target, Headers headers = {}) {
    return request("DELETE", target, {}, std::move(headers));
  }
  Reply options(std::string_view target, Headers headers = {}) {
    return request("OPTIONS", target, {}, std::move(headers));
  }
  Reply post(std::string_view target, std::string_view body, Headers headers = {}) {
    return request("POST", target, body, std::move(headers));
  }
  Reply put(std::string_view target, std::string_view body, Headers headers = {}) {
    return request("PUT", target, body, std::move(headers));
  }
  Reply patch(std::string_view target, std::string_view body, Headers headers = {}) {
    return request("PATCH", target, body, std::move(headers));
  }

  // The same, for an answer that is read piece by piece.
  [[nodiscard]] ReplyStream open(std::string_view method, std::string_view target,
                                 std::string_view body = {}, Headers headers = {}) {
    if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
      headers.emplace_back("Content-Length", std::to_string(body.size()));
    }
    Upload upload = begin(method, target, std::move(headers), !body.empty());
    upload.send(body);
    return upload.finish_stream();
  }

  // Begins a request whose body is sent piece by piece; in chunks, unless `headers` has its
  // Content-Length.
  [[nodiscard]] Upload start(std::string_view method, std::string_view target,
                             Headers headers = {}) {
    if (!has_field(headers, "Content-Length")) {
      headers.emplace_back("Transfer-Encoding", "chunked");
    }
    return begin(method, target, std::move(headers), true);
  }

  // The time that the app sees.
  [[nodiscard]] FakeTime& time() noexcept { return app_.host().time(); }
  [[nodiscard]] CookieJar& cookies() noexcept { return cookies_; }
  // What the app wrote to the log, and what the server would have: failed requests.
  [[nodiscard]] const std::vector<LogRecord>& log() { return app_.host().journal().records(); }
  // Where the next requests seem to come from.
  [[nodiscard]] Origin& origin() noexcept { return options_.origin; }

  // The next request's client leaves after that time, and gets what there is: status 0 is nothing.
  void leave_after(std::chrono::nanoseconds time) {
    leaves_at_ = app_.host().time().steady() + time;
  }

  // Ends the worker: runs on_worker_leave and on_worker_stop, once. No request may follow.
  void stop() {
    if (std::exchange(is_running_, false)) {
      app_.leave_and_stop(worker_);
    }
  }

 private:
  void start_worker() {
    app_.host().loop().be_patient(options_.patience);
    app_.start(worker_);
    is_running_ = true;
  }

  [[nodiscard]] Upload begin(std::string_view method, std::string_view target, Headers headers,
                             bool has_body) {
    if (!is_running_) {
      throw std::logic_error("the worker is stopped");
    }
    rules::check_request(method, target, headers);
    Message message{std::string(method), std::string(target), std::move(headers)};
    const std::string path(target.substr(0, target.find('?')));
    complete(message, path);
    const std::string host(value_of(message.headers, "Host"));
    const Call::Terms terms{options_.origin, has_body, options_.body_limit,
                            std::exchange(leaves_at_, std::nullopt)};
    auto call = std::make_unique<Call>(app_, std::move(message), terms);
    return Upload(std::move(call), [this, host, path](const Reply& reply) {
      for (const auto& [name, value] : reply.headers) {
        if (url::same_name(name, "Set-Cookie")) {
          cookies_.take(value, host, path, time().wall());
        }
      }
    });
  }

  // Adds what a client adds, and drops what the server does not let through.
  void complete(Message& message, const std::string& path) {
    Headers& headers = message.headers;
    std::erase_if(headers, [](const auto& field) {
      return field.first.find('_') != std::string::npos;  // as the server does
    });
    if (!has_field(headers, "Host")) {
      headers.insert(headers.begin(), {"Host", options_.host});
    }
    const std::string cookies = cookies_.field_for(
        value_of(headers, "Host"), path, options_.origin.scheme == "https", time().wall());
    if (!cookies.empty() && !has_field(headers, "Cookie")) {
      headers.emplace_back("Cookie", cookies);
    }
  }

  ClientOptions options_;
  LoadedApp app_;
  CookieJar cookies_;
  appserver_worker_info worker_{sizeof(appserver_worker_info), options_.slot, options_.generation,
                                0};
  bool is_running_ = false;
  std::optional<std::chrono::nanoseconds> leaves_at_;  // of the next request's client
};

}  // namespace appserver::testing
