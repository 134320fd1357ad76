#pragma once

#include <array>
#include <exception>
#include <fcntl.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <doctest/doctest.h>

#include "app/host_services.h"
#include "app/loaded_app.h"
#include "app/snapshot.h"
#include "base/unique_fd.h"

namespace appserver::test {

inline std::string fixture(const std::string& name) {
  return std::string(APPSERVER_FIXTURES) + "/" + name + ".so";
}

// Runs `body` in a child, because an app that is loaded stays loaded. Returns the text that it
// returned, or how it failed.
template <typename Body>
std::string in_child(Body&& body) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    std::string said;
    try {
      said = body();
    } catch (const std::exception& exception) {
      said = std::string("exception: ") + exception.what();
    }
    ::_exit(::write(write_end.get(), said.data(), said.size()) >= 0 ? 0 : 1);
  }
  write_end.reset();
  std::string said;
  std::array<char, 4096> chunk{};
  for (ssize_t got = 0; (got = ::read(read_end.get(), chunk.data(), chunk.size())) > 0;) {
    said.append(chunk.data(), static_cast<std::size_t>(got));
  }
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  return status == 0 ? said : "the child ended with status " + std::to_string(status);
}

// Stands in for the worker: an exchange is a text that receives the body.
inline std::int32_t store_body(appserver_exchange* exchange, const appserver_response* response) {
  *reinterpret_cast<std::string*>(exchange) = {response->body.data, response->body.size};
  return APPSERVER_OK;
}

inline app::HostServices::ExchangeCalls storing_calls() {
  auto calls = app::HostServices::refusing_calls();
  calls.respond = store_body;
  return calls;
}

// The body with which the app answers a request.
inline std::string answer_of(const app::LoadedApp& app) {
  std::string body = "no answer";
  const appserver_request request{};
  const appserver_app& description = app.description();
  description.handle(description.state, reinterpret_cast<appserver_exchange*>(&body), &request);
  return body;
}

// Loads the snapshot in a child, runs the load hook and `use`. Returns what that says, or "kind:
// message".
template <typename Use>
std::string load_and(const app::Snapshot& snapshot, Use&& use) {
  return in_child([&snapshot, &use]() -> std::string {
    app::HostServices host("0.1.0", {}, storing_calls());
    auto app = app::load_app(snapshot, host);
    if (!app) {
      return std::string(to_string(app.error().kind)) + ": " + app.error().message;
    }
    if (const auto loaded = app->run_on_load(); !loaded) {
      return std::string(to_string(loaded.error().kind)) + ": " + loaded.error().message;
    }
    return use(*app);
  });
}

// What loading a fixture says: the answer to a request, or "kind: message".
inline std::string load_fixture(const std::string& name) {
  const auto snapshot = app::take_snapshot(fixture(name));
  REQUIRE(snapshot.has_value());
  return load_and(*snapshot, answer_of);
}

}  // namespace appserver::test
