// An app whose coroutines read the bodies of their requests as these arrive.
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <appserver/app.hpp>
#include <appserver/middleware/body_limit.hpp>

namespace {

using namespace std::chrono_literals;
using appserver::BodyReader;
using appserver::Request;
using appserver::Response;
using appserver::Task;
using appserver::text;

// Says in the log when a coroutine's frame is gone.
struct Trace {
  appserver::Log log;
  bool is_complete = false;
  ~Trace() { log.info(is_complete ? "read to the end" : "given up"); }
};

Task<Response> digest(const Request& request, BodyReader& body) {
  Trace trace{request.log()};
  std::uint64_t size = 0;
  std::uint32_t sum = 0;
  std::uint64_t pieces = 0;
  while (const auto piece = co_await body.read()) {
    ++pieces;
    size += piece->size();
    for (const char c : *piece) {
      sum = sum * 31 + static_cast<unsigned char>(c);
    }
  }
  trace.is_complete = true;
  co_return text(std::to_string(size) + " bytes, sum " + std::to_string(sum))
      .header("X-Pieces", std::to_string(pieces));
}

// Reads no more than the client is told to send before it has answered.
Task<Response> first_only(const Request& request, BodyReader& body) {
  Trace trace{request.log()};
  const auto piece = co_await body.read();
  trace.is_complete = piece.has_value();
  co_return text(piece.has_value() ? "enough" : "nothing").status(202);
}

// Waits between its first piece and the others, for as long as the path says.
Task<Response> pausing(const Request& request, BodyReader& body) {
  Trace trace{request.log()};
  std::uint64_t size = 0;
  if (const auto piece = co_await body.read()) {
    size += piece->size();
  }
  co_await appserver::sleep(
      std::chrono::milliseconds(std::stoi(std::string(request.param("milliseconds")))));
  while (const auto piece = co_await body.read()) {
    size += piece->size();
  }
  trace.is_complete = true;
  co_return text(std::to_string(size));
}

}  // namespace

APPSERVER_APP(app) {
  app.post("/digest", digest);
  app.post("/first", first_only);
  app.group("/small").use(appserver::limit_body(1000)).post("/digest", digest);
  app.post("/pausing/{milliseconds}", pausing);
  app.post("/never", [](const Request& request, BodyReader&) -> Task<Response> {
    Trace trace{request.log()};
    co_await appserver::client_gone();
    co_return text("late");
  });
  app.get("/", [](const Request&) { return text("idle"); });
}
