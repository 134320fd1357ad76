#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "fixtures/http/row.h"
#include "support/http_client.h"
#include "support/running_server.h"

// Holds a real server against the tables of tests/fixtures/http: what it answers, what becomes of
// the connection, and what the app has seen of it.
namespace appserver::test {

// How the bytes are given to the socket.
enum class Cut { OneWrite, ByteByByte };

// Several requests on one connection; outcomes as in http::testing::Row. The last one tells what
// becomes of the connection.
struct Conversation {
  std::string intent;
  std::string section;
  std::string bytes;
  std::vector<std::string> outcomes;
};

// A server with one worker and the app `witness`, and how often that app should have been called.
class WitnessServer {
 public:
  explicit WitnessServer(const http::Limits& limits = {});

  // Has one conversation on a connection of its own and checks all of it, also that the app saw
  // nothing else.
  void check(const Conversation& conversation, Cut cut);
  void check(const http::testing::Row& row, Cut cut);

  // Sends `bytes`, the beginning of a request, and the end of file: no answer, no call of the app.
  void check_truncated(std::string_view bytes);

  [[nodiscard]] const Address& address() const { return server_.address; }

 private:
  void check_outcome(HttpClient& client, const std::string& outcome, bool is_last, bool may_inform);
  void check_calls();

  RunningServer server_;
  HttpClient control_;  // A connection that asks for the number of calls.
  unsigned long expected_calls_ = 0;
};

}  // namespace appserver::test
