// Requests that other parts of the program answer, or forget, while the server ends.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <appserver/server.hpp>

#include "embed/in_process_server.h"
#include "support/http_client.h"
#include "support/load_client.h"

using namespace appserver::test;
using appserver::App;
using appserver::Request;
using appserver::Responder;
using appserver::text;

namespace {

// Another part of the program, with a thread of its own, which answers requests when it is told to.
class Clerk {
 public:
  explicit Clerk(bool answers_at_once) : is_open_(answers_at_once), thread_([this] { run(); }) {}
  Clerk(const Clerk&) = delete;
  Clerk& operator=(const Clerk&) = delete;
  ~Clerk() {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = is_open_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void give(Responder responder) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(responder));
    changed_.notify_all();
  }
  void answer_after(milliseconds time) {
    std::thread([this, time] {
      std::this_thread::sleep_for(time);
      const std::lock_guard lock(mutex_);
      is_open_ = true;
      changed_.notify_all();
    }).detach();
  }
  [[nodiscard]] std::size_t waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }

  std::atomic<int> delivered = 0;
  std::atomic<int> in_vain = 0;

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return is_over_ || (is_open_ && !waiting_.empty()); });
      if (waiting_.empty()) {
        return;
      }
      Responder responder = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      ++(responder.respond(text("done")) ? delivered : in_vain);
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Responder> waiting_;
  bool is_open_;
  bool is_over_ = false;
  std::thread thread_;  // The last member: it uses all others.
};

appserver::HostedApp app_of(Clerk& clerk) {
  return [&clerk](App& app) {
    app.get("/later",
            [&clerk](const Request&, Responder responder) { clerk.give(std::move(responder)); });
    app.get("/doze/{ms}", [](const Request& request) -> appserver::Task<appserver::Response> {
      const int ms = std::stoi(std::string(request.param("ms")));
      co_await appserver::sleep(milliseconds(ms));
      co_return text("dozed");
    });
  };
}

}  // namespace

TEST_CASE("in process: other threads answer under load, and a stop waits for their answers") {
  Clerk clerk(true);
  InProcessServer running(app_of(clerk));
  LoadClient load(running.address(), "/later", 8);
  load.wait_for_answers(2000);
  running.server.stop();
  CHECK(running.wait().exit_code == 0);
  const LoadCounts counts = load.stop();
  CAPTURE(counts.text());
  CHECK(counts.resets == 0);
  CHECK(counts.unannounced_closes == 0);
  CHECK(counts.other_statuses.empty());
}

TEST_CASE("in process: a quick stop tells who holds a request, and waits until it lets go") {
  Clerk clerk(false);
  InProcessServer running(app_of(clerk));
  HttpClient client(running.address());
  client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  eventually(10s, "the clerk has it", [&] { return clerk.waiting() == 1; });
  const auto start = std::chrono::steady_clock::now();
  running.server.quick_stop();
  clerk.answer_after(100ms);
  CHECK(running.wait().exit_code == 0);
  CHECK(std::chrono::steady_clock::now() - start >= 90ms);
  eventually(10s, "the clerk hears of it", [&] { return clerk.in_vain == 1; });
  CHECK(clerk.delivered == 0);
}

TEST_CASE("in process: a coroutine that sleeps is ended with the server") {
  Clerk clerk(true);
  InProcessServer running(app_of(clerk));
  HttpClient client(running.address());
  client.send("GET /doze/200 HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(get(running.address(), "/doze/1").body == "dozed");
  running.server.quick_stop();
  CHECK(running.wait().exit_code == 0);
}
