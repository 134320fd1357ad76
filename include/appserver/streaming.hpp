#pragma once

#include <concepts>
#include <cstdint>
#include <fcntl.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <unistd.h>
#include <utility>

#include <appserver/abi_stream.h>
#include <appserver/detail/host.hpp>
#include <appserver/response.hpp>

// Bodies that are not at hand as a whole: produced or received piece by piece, or a file.
namespace appserver {

// Takes the pieces of a response's body; see stream(). Valid while the producer runs.
class BodyWriter {
 public:
  BodyWriter(const appserver_stream& stream, appserver_body_writer* writer) noexcept
      : stream_(stream), writer_(writer) {}

  // Appends to the body; copied. Some 10 to 100 KiB at once are a good size.
  // Errors: throws std::runtime_error when that is more than the response's own Content-Length.
  void write(std::string_view bytes) {
    if (stream_.write(writer_, detail::to_abi(bytes)) != APPSERVER_OK) {
      throw std::runtime_error("the body is longer than its Content-Length");
    }
  }

  // Adds a field that follows the body (RFC 9110 section 6.5). Clients may ignore it.
  // Errors: throws std::runtime_error for what is no valid header field.
  void trailer(std::string_view name, std::string_view value) {
    const appserver_header field{detail::to_abi(name), detail::to_abi(value)};
    if (stream_.trailer(writer_, &field) != APPSERVER_OK) {
      throw std::runtime_error("not a valid trailer field: " + std::string(name));
    }
  }

 private:
  const appserver_stream& stream_;
  appserver_body_writer* writer_;
};

// A response whose body `producer` makes: it is called whenever the client can take more, on the
// worker's thread, and returns whether there is more to come. It never waits for a client, and
// however slow that one is, no more than what one call writes is held in memory.
//
//   return appserver::stream("text/csv", [row = 0](appserver::BodyWriter& out) mutable {
//     out.write(line_of(row));
//     return ++row < kRows;
//   });
//
// The producer outlives the request: capture copies, never the Request. It is destroyed when the
// body is complete or the client is gone. An exception ends the connection, so that the client sees
// that the body is not complete. A call that returns true without having written anything does the
// same: it would be called for ever.
template <typename Producer>
requires std::is_invocable_r_v<bool, Producer&, BodyWriter&>
[[nodiscard]] Response stream(std::string content_type, Producer producer) {
  class Made final : public detail::BodyProducer {
   public:
    explicit Made(Producer function) : function_(std::move(function)) {}
    bool produce(BodyWriter& writer) override { return function_(writer); }

   private:
    Producer function_;
  };
  Response response;
  response.header("Content-Type", std::move(content_type));
  response.produce_body(std::make_shared<Made>(std::move(producer)));
  return response;
}

// A response that is a file, sent by the kernel without passing through the app. Ranges,
// conditional requests, ETag and Last-Modified come with it. Errors: throws HttpError(404) when it
// cannot be opened. `path` must not come from the client unchecked: for serving a whole folder
// there is --static.
[[nodiscard]] inline Response file(const std::string& path, std::string content_type) {
  auto descriptor =
      std::make_shared<detail::OpenFile>(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (descriptor->fd < 0) {
    throw HttpError(404);
  }
  Response response;
  response.header("Content-Type", std::move(content_type));
  response.send_file(std::move(descriptor));
  return response;
}

// Takes a request's body in as it arrives, whatever its size: derive from it, and return one from a
// handler instead of a Response. --limit-request-body does not hold for such a route. The client is
// not read faster than receive() works. Destroyed after finish(), or without it when the client
// leaves early.
class BodyReceiver {
 public:
  BodyReceiver() = default;
  BodyReceiver(const BodyReceiver&) = delete;
  BodyReceiver& operator=(const BodyReceiver&) = delete;
  virtual ~BodyReceiver() = default;

  // The next piece; the view is valid during the call. An exception answers 500 and closes the
  // connection.
  virtual void receive(std::string_view bytes) = 0;
  // The body is complete: the answer.
  virtual Response finish() = 0;

  // Whether finish() waits for something, such as a disk. It then runs on one of the threads of
  // --threads, if there are any, and the worker serves others meanwhile; so do the error handlers
  // for what it throws, and so may the destructor. As for all answers that are given later, a
  // client that ends its sending side has left, and the timeout is answered 504 without an end of
  // finish().
  [[nodiscard]] virtual bool finish_blocks() const { return false; }
};

// A BodyReceiver from two functions:
//   app.put("/files/{name}", [](const appserver::Request& r) {
//     auto out = std::make_shared<std::ofstream>(path_for(r.param("name")));
//     return appserver::receive([out](std::string_view bytes) { *out << bytes; },
//                               [out] { return appserver::no_content(); });
//   });
template <typename OnBytes, typename OnEnd>
[[nodiscard]] std::unique_ptr<BodyReceiver> receive(OnBytes on_bytes, OnEnd on_end) {
  class Made final : public BodyReceiver {
   public:
    Made(OnBytes bytes, OnEnd end) : on_bytes_(std::move(bytes)), on_end_(std::move(end)) {}
    void receive(std::string_view bytes) override { on_bytes_(bytes); }
    Response finish() override { return on_end_(); }

   private:
    OnBytes on_bytes_;
    OnEnd on_end_;
  };
  return std::make_unique<Made>(std::move(on_bytes), std::move(on_end));
}

}  // namespace appserver
