// What a program hears from a server in it that cannot serve.
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include <appserver/server.hpp>

#include "embed/in_process_server.h"

using namespace appserver::test;
using appserver::App;
using appserver::Embedding;
using appserver::HostedApp;
using appserver::LogLevel;
using appserver::Outcome;
using appserver::Server;
using appserver::ServerOptions;

namespace {

// What becomes of a server with these options; its log is not wanted.
Outcome outcome_of(
    ServerOptions options, const HostedApp& app = [](App&) {}) {
  Server server(std::move(options), {.log = [](LogLevel, std::string_view) {}});
  server.stop();  // In case that it serves.
  return server.serve_in_process(app);
}

bool tells(const Outcome& outcome, std::string_view what) {
  CAPTURE(outcome.why);
  return outcome.why.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("in process: an option out of its range is named, and so is its range") {
  ServerOptions options = on_free_port();
  options.worker_connections = 0;
  const Outcome outcome = outcome_of(options);
  CHECK(outcome.exit_code == 1);
  CHECK(tells(outcome, "the option worker_connections: 0 is out of range; use a value from 1"));
}

TEST_CASE("in process: an option that would change the process is refused") {
  ServerOptions options = on_free_port();
  SUBCASE("user") {
    options.user = "nobody";
    CHECK(tells(outcome_of(options), "the option user would change the process"));
  }
  SUBCASE("umask") {
    options.umask = 022;
    CHECK(tells(outcome_of(options), "the option umask would change the process"));
  }
  SUBCASE("env") {
    options.env = {"A=b"};
    CHECK(tells(outcome_of(options), "the option env would change the process"));
  }
}

TEST_CASE("in process: an address in use is named") {
  InProcessServer other([](App&) {});
  ServerOptions options;
  options.bind = {"127.0.0.1:" + std::to_string(other.address().port)};
  const Outcome outcome = outcome_of(options);
  CHECK(outcome.exit_code == 1);
  CHECK(tells(outcome, options.bind.front()));
}

TEST_CASE("in process: an app that cannot be set up says why, in the outcome and in the log") {
  TakenLog log;
  Server server(on_free_port(),
                {.log = [&log](LogLevel, std::string_view record) { log.take(record); }});
  const Outcome outcome =
      server.serve_in_process([](App&) { throw std::runtime_error("no price list"); });
  CHECK(outcome.exit_code == 4);
  CHECK(tells(outcome, "no price list"));
  CHECK(log.text().find("no price list") != std::string::npos);
}

TEST_CASE("in process: a load hook or a start hook that fails ends the call") {
  const Outcome load = outcome_of(
      on_free_port(), [](App& app) { app.on_load([] { throw std::runtime_error("no cache"); }); });
  CHECK(load.exit_code == 4);
  CHECK(tells(load, "no cache"));
  const Outcome start = outcome_of(on_free_port(), [](App& app) {
    app.on_worker_start([](const appserver::Worker&) { throw std::runtime_error("no database"); });
  });
  CHECK(start.exit_code == 3);
  CHECK(tells(start, "no database"));
}

TEST_CASE("in process: a file that is no app is named") {
  const Outcome outcome = outcome_of(on_free_port(), "/nonexistent/app.so");
  CHECK(outcome.exit_code == 4);
  CHECK(tells(outcome, "/nonexistent/app.so"));
}

TEST_CASE("in process: a Server that serves already refuses another call, and serves on") {
  InProcessServer running([](App&) {});
  const Address address = running.address();
  CHECK(tells(running.server.serve_in_process([](App&) {}), "serves already"));
  running.server.stop();
  CHECK(running.wait().exit_code == 0);
}

TEST_CASE("in process: what a log of the program's throws is swallowed") {
  Server server(on_free_port(),
                {.log = [](LogLevel, std::string_view) { throw std::runtime_error("full"); }});
  server.stop();
  CHECK(server.serve_in_process([](App&) {}).exit_code == 0);
}

TEST_CASE("run: a process with threads is refused, as a fork takes only one along") {
  std::atomic<bool> is_over = false;
  std::thread other([&is_over] { is_over.wait(false); });
  Server server(on_free_port(), {.log = [](LogLevel, std::string_view) {}});
  const Outcome outcome = server.run([](App&) {});
  is_over = true;
  is_over.notify_all();
  other.join();
  CHECK(outcome.exit_code == 1);
  CHECK(tells(outcome, "more than one thread"));
}
