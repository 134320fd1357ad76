#include "support/witness_server.h"

#include <cctype>
#include <optional>
#include <utility>

namespace appserver::test {
namespace {

// What a client must not get an answer to after a refusal or an announced close. It is also what
// proves that a connection goes on; short enough for every limit in the tables.
constexpr std::string_view kNextRequest = "GET /m HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kInterim = "HTTP/1.1 100 Continue\r\n\r\n";

// A row's outcome, taken apart.
struct Wanted {
  std::optional<int> refused = {};  // With this status.
  bool incomplete = false;
  std::string seen = {};  // By the app.
  bool keeps_alive = false;
  bool has_leftover = false;  // The next request has begun.
};

Wanted read_outcome(const std::string& outcome) {
  if (outcome == "more") {
    return {.incomplete = true};
  }
  if (std::isdigit(static_cast<unsigned char>(outcome[0])) != 0) {
    return {.refused = std::stoi(outcome)};
  }
  const std::size_t fate = outcome.find(' ', outcome.find(" 1.") + 1);
  const bool keeps = outcome.compare(fate, 5, " keep") == 0;
  const std::size_t left = outcome.find(" left=");
  const std::size_t body = fate + (keeps ? 5 : 6);
  return {.seen = outcome.substr(0, fate) + outcome.substr(body, left - body),
          .keeps_alive = keeps,
          .has_leftover = left != std::string::npos};
}

bool ends_connection(const Wanted& wanted) {
  return wanted.refused || (!wanted.incomplete && !wanted.keeps_alive);
}

void send(HttpClient& client, std::string_view bytes, Cut cut) {
  if (cut == Cut::OneWrite) {
    client.send(bytes);
    return;
  }
  for (const char& byte : bytes) {
    client.send({&byte, 1});
  }
}

bool expects_continue(std::string_view bytes) {
  return bytes.find("Expect: 100-continue") != std::string_view::npos;
}

// The server ends the connection without another byte, and without a reset that could overtake
// the answer.
void check_end(HttpClient& client) {
  client.finish_sending();
  CHECK(client.wait_for_end() == Ending::Closed);
  CHECK(client.unread() == "");
}

std::vector<std::string> options_for(const http::Limits& limits) {
  return {"--limit-request-line",       std::to_string(limits.request_line),
          "--limit-request-fields",     std::to_string(limits.fields),
          "--limit-request-field-size", std::to_string(limits.field_size),
          "--limit-request-body",       std::to_string(limits.body)};
}

}  // namespace

WitnessServer::WitnessServer(const http::Limits& limits)
    : server_(server_app("witness"), 1, options_for(limits)), control_(server_.address) {}

void WitnessServer::check(const http::testing::Row& row, Cut cut) {
  check(Conversation{row.intent, row.section, row.bytes, {row.outcome}}, cut);
}

void WitnessServer::check(const Conversation& conversation, Cut cut) {
  INFO("RFC " << conversation.section << ": " << conversation.intent
              << (cut == Cut::OneWrite ? ", in one write" : ", byte by byte"));
  const Wanted last = read_outcome(conversation.outcomes.back());
  HttpClient client(server_.address);
  // In one write the next request is there when the connection's end is decided; byte by byte it
  // comes afterwards, so that the decision is seen to need no further byte.
  const bool at_once = ends_connection(last) && cut == Cut::OneWrite;
  send(client, conversation.bytes + std::string(at_once ? kNextRequest : ""), cut);
  // Whether the server has seen a head without its body, which it then asks for, is up to the
  // kernel.
  const bool may_inform = cut == Cut::ByteByByte && expects_continue(conversation.bytes);
  for (const std::string& outcome : conversation.outcomes) {
    check_outcome(client, outcome, &outcome == &conversation.outcomes.back(), may_inform);
  }
  if (ends_connection(last) && !at_once) {
    client.send(kNextRequest);
  }
  check_end(client);
  check_calls();
}

void WitnessServer::check_outcome(HttpClient& client, const std::string& outcome, bool is_last,
                                  bool may_inform) {
  const Wanted wanted = read_outcome(outcome);
  if (wanted.incomplete) {
    return;
  }
  HttpResponse response = client.read_response();
  if (may_inform && response.status == 100) {
    response = client.read_response();
  }
  if (wanted.refused) {
    CHECK(response.status == *wanted.refused);
    CHECK(response.announces_close());
    CHECK_FALSE(response.body.empty());
    return;
  }
  ++expected_calls_;
  CHECK(response.status == 200);
  CHECK(response.body == wanted.seen);
  CHECK(response.announces_close() == !wanted.keeps_alive);
  const bool is_old = wanted.seen.find(" 1.0") != std::string::npos;
  CHECK((response.header("Connection") == "keep-alive") == (is_old && wanted.keeps_alive));
  if (is_last && wanted.keeps_alive && !wanted.has_leftover) {
    client.send(kNextRequest);
    CHECK(client.read_response().body == "GET /m 1.1");
    ++expected_calls_;
  }
}

void WitnessServer::check_calls() {
  control_.send(kNextRequest);
  const unsigned long calls = std::stoul(control_.read_response().header("Calls"));
  CHECK(calls == expected_calls_ + 1);
  expected_calls_ = calls;  // One call too many is told once, not with every row that follows.
}

void WitnessServer::check_truncated(std::string_view bytes) {
  CAPTURE(bytes);
  HttpClient client(server_.address);
  client.send(bytes);
  client.finish_sending();
  CHECK(client.wait_for_end() == Ending::Closed);
  CHECK(client.unread() == (expects_continue(bytes) ? kInterim : ""));
  check_calls();
}

}  // namespace appserver::test
