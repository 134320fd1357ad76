#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/abi_stream.h>

#include "http/body_compression.h"
#include "http/stream_writer.h"

// The two kinds of body that belong to an app: one that it produces, one that it takes in. Each is
// released exactly once, whatever becomes of the connection. The app's functions run in here:
// outside of the loop's dispatch only. [worker]
namespace appserver::worker {

// A response's body, made piece by piece as the client takes it.
class AppSource {
 public:
  // Waits: what was appended is all for now, and the app will say when it goes on.
  enum class Made { More, All, Failed, Waits };

  // Takes over `source`: it is released when this object dies.
  explicit AppSource(const appserver_body_source& source) noexcept : source_(source) {}
  AppSource(AppSource&& other) noexcept;
  AppSource& operator=(AppSource&&) = delete;
  AppSource(const AppSource&) = delete;
  AppSource& operator=(const AppSource&) = delete;
  ~AppSource();

  // How the body is to be framed. Before the first produce().
  void frame(const http::Framing& framing) noexcept {
    framing_ = framing;
    owed_ = framing.length;
  }

  // Lets the body pass through a compressor if the policy and the client want it; `head`'s fields
  // change then (see BodyCompression). `compression` outlives this object.
  void compress(http::BodyCompression& compression, http::Response& head,
                const http::RequestHead& request);
  // The compressor is not given back: `compression` is used by somebody else meanwhile.
  void keep_compressor() noexcept { compression_ = nullptr; }

  // Has the app append its next piece to `out`, framed. Failed: the app said so, broke its own
  // Content-Length, or made nothing; the connection cannot be used any more then.
  Made produce(std::string& out) noexcept;

  // The functions of the ABI; `writer` is an AppSource.
  static int32_t write(appserver_body_writer* writer, appserver_str bytes) noexcept;
  static int32_t trailer(appserver_body_writer* writer, const appserver_header* field) noexcept;

 private:
  bool append(std::string_view bytes);
  bool frame_and_append(std::string_view bytes);
  void append_compressed(std::string_view bytes, http::Compressor::Flush flush);
  Made make_next(std::string& out);
  Made finish(std::string& out);

  appserver_body_source source_;
  http::Framing framing_;
  std::uint64_t written_ = 0;  // By the app.
  std::uint64_t owed_ = 0;     // Of a body with a length: what is still to come.
  std::string* out_ = nullptr;
  http::BodyCompression* compression_ = nullptr;
  std::unique_ptr<http::Compressor> compressor_;  // Null: the body is sent as it is.
  std::string compressed_;
  std::vector<std::pair<std::string, std::string>> trailers_;
};

// A request's body on its way into the app.
class AppSink {
 public:
  explicit AppSink(const appserver_body_sink& sink) noexcept : sink_(sink) {}
  AppSink(AppSink&& other) noexcept;
  AppSink& operator=(AppSink&& other) noexcept;
  AppSink(const AppSink&) = delete;
  AppSink& operator=(const AppSink&) = delete;
  ~AppSink();

  // Returns: APPSERVER_OK, or that the app wants no more of it.
  int32_t chunk(std::string_view bytes) noexcept;
  int32_t end(appserver_exchange* exchange) noexcept;

 private:
  appserver_body_sink sink_;
};

}  // namespace appserver::worker
