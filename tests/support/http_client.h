#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "support/address.h"
#include "support/eventually.h"
#include "support/http_response.h"

namespace appserver::test {

// How the server's side of a connection ended.
enum class Ending { Closed, Reset };

// One connection of a client that sends exactly the bytes it is told to. Every wait has a deadline;
// one that passes, like any other failure, throws std::runtime_error, which fails the test.
class HttpClient {
 public:
  // Connects. Errors: throws when nobody accepts.
  explicit HttpClient(const Address& address, milliseconds deadline = 10s);

  // Sends the bytes as they are. A connection that the server has ended takes them silently, as
  // reading then tells how it ended.
  void send(std::string_view bytes);

  // Reads the next response; what follows it stays for the next call.
  // `method` is that of the request it answers: the response to HEAD has no body.
  HttpResponse read_response(std::string_view method = "GET");

  // Sends a request with Host, and Content-Length when there is a body or `method` wants one, and
  // reads its response. `headers` are complete lines.
  HttpResponse request(std::string_view method, std::string_view target, std::string_view body = {},
                       std::string_view headers = {});
  HttpResponse get(std::string_view target) { return request("GET", target); }

  // Whether there is something to read, or the end of it, now.
  [[nodiscard]] bool has_input() const;
  // Reads until the server ends the connection; unread() then is what came before.
  Ending wait_for_end();
  [[nodiscard]] const std::string& unread() const { return unread_; }

  // Reads until the server ends the connection and keeps nothing of it; adds what it read to
  // `received`.
  Ending discard_until_end(std::uint64_t& received);

  // Ends the client's own side: the server reads the end of file.
  void finish_sending();

 private:
  enum class Received { Bytes, Closed, Reset };

  void wait_until_ready(short events, const char* what) const;
  Received receive();

  UniqueFd socket_;
  milliseconds deadline_;
  std::string unread_;
};

// A connection for a single GET.
[[nodiscard]] HttpResponse get(const Address& address, std::string_view target);

}  // namespace appserver::test
