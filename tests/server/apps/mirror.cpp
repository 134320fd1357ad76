// An app that shows a client what arrived of its request.
#include <chrono>
#include <string>
#include <string_view>
#include <thread>

#include <appserver/app.hpp>

namespace {

using appserver::Request;

// Some proxies write the names of fields in lower case.
std::string lower_case(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return lower;
}

// The client's address, then the header fields: one line each.
appserver::Response show_fields(const Request& request) {
  std::string text = "peer: " + std::string(request.peer()) + "\n";
  for (const auto field : request.headers()) {
    text.append(lower_case(field.name)).append(": ").append(field.value).append("\n");
  }
  return appserver::text(text);
}

// `count` pieces of 1000 bytes: 000…, 111…, and so on.
appserver::Response show_pieces(const Request& request) {
  const int count = std::stoi(std::string(request.param("count")));
  return appserver::stream("text/plain", [count, i = 0](appserver::BodyWriter& out) mutable {
    out.write(std::string(1000, static_cast<char>('0' + i % 10)));
    return ++i < count;
  });
}

}  // namespace

APPSERVER_APP(app) {
  app.name("mirror").version("1");
  app.get("/fields", show_fields);
  app.any("/body", [](const Request& request) { return appserver::text(request.body()); });
  app.get("/pieces/{count}", show_pieces);
  app.get("/target/{rest*}",
          [](const Request& request) { return appserver::text(request.target()); });
  app.get("/sleep/{milliseconds}", [](const Request& request) {
    const int milliseconds = std::stoi(std::string(request.param("milliseconds")));
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
    return appserver::text("slept");
  });
}
