// The example chat_sse: what its README says, with clients on several workers, through reloads and
// crashes.
#include <chrono>
#include <cstddef>
#include <memory>
#include <set>
#include <signal.h>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/event_client.h"
#include "support/eventually.h"
#include "support/http_client.h"
#include "support/running_server.h"
#include "support/temporary_folder.h"
#include "support/text_search.h"
#include "support/time_since.h"

using namespace appserver::test;

namespace {

std::vector<std::string> joined(std::vector<std::string> options,
                                const std::vector<std::string>& more) {
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

struct ChatService {
  explicit ChatService(unsigned workers, const std::vector<std::string>& extra = {})
      : server(example_app("chat_sse"), workers,
               joined({"--graceful-timeout", "60s", "--env",
                       "CHAT_JOURNAL=" + (folder / "journal").string()},
                      extra)) {}

  HttpResponse say(const std::string& text, const std::string& room = "lobby") const {
    return HttpClient(server.address).request("POST", "/rooms/" + room + "/messages", text);
  }
  EventClients listeners(unsigned count, const std::string& room = "lobby") const {
    EventClients clients;
    for (unsigned i = 0; i < count; ++i) {
      clients.push_back(
          std::make_unique<EventClient>(server.address, "/rooms/" + room + "/events"));
    }
    receive_until(clients, 10s, "all are welcome",
                  [](const EventClient& client) { return !client.data_of("welcome").empty(); });
    return clients;
  }

  TemporaryFolder folder{};
  RunningServer server;
};

// Those that welcomed these clients last: "worker 0, generation 1".
std::set<std::string> workers_of(const EventClients& clients) {
  std::set<std::string> workers;
  for (const auto& client : clients) {
    workers.insert(client->data_of("welcome").back());
  }
  return workers;
}

std::vector<std::string> numbers(int first, int last) {
  std::vector<std::string> texts;
  for (int i = first; i <= last; ++i) {
    texts.push_back(std::to_string(i));
  }
  return texts;
}

void receive_messages(const EventClients& clients, std::size_t count) {
  receive_until(clients, 20s, "all messages have come",
                [count](const EventClient& client) { return client.message_count() >= count; });
}

// Says things in the lobby, one after the other, from a thread of its own. What was not answered,
// because a worker died, may have been said or not, and is not repeated.
class Speaker {
 public:
  Speaker(Address address, std::vector<std::string> texts)
      : address_(std::move(address)), texts_(std::move(texts)), thread_([this] { run(); }) {}

  // Returns: how much was not answered as it should.
  std::size_t finish() {
    thread_.join();
    return failed_;
  }

 private:
  void run() {
    std::unique_ptr<HttpClient> client;
    for (const std::string& text : texts_) {
      try {
        if (client == nullptr) {
          client = std::make_unique<HttpClient>(address_);
        }
        if (client->request("POST", "/rooms/lobby/messages", text).status != 201) {
          ++failed_;
        }
      } catch (const std::runtime_error&) {
        ++failed_;
        client.reset();
      }
    }
  }

  const Address address_;
  const std::vector<std::string> texts_;
  std::size_t failed_ = 0;
  std::thread thread_;  // The last member: it uses all others.
};

}  // namespace

TEST_CASE("chat: fifty clients of two workers get each message of their room once and in order") {
  const ChatService chat(2);
  EventClients lobby = chat.listeners(50);
  const EventClients garden = chat.listeners(4, "garden");
  eventually(20s, "both workers have listeners", [&] {
    if (workers_of(lobby).size() < 2) {  // A busy machine may let one of them have all.
      lobby.push_back(std::move(chat.listeners(1).front()));
    }
    return workers_of(lobby).size() == 2;
  });
  for (const std::string& text : numbers(1, 100)) {
    CHECK(chat.say(text).status == 201);
  }
  CHECK(chat.say("two\nlines", "garden").status == 201);
  receive_messages(lobby, 100);
  receive_messages(garden, 1);
  for (const auto& client : lobby) {
    CHECK(client->messages() == numbers(1, 100));
  }
  for (const auto& client : garden) {
    CHECK(client->messages() == std::vector<std::string>{"two\nlines"});
  }
}

TEST_CASE("chat: reloads while many talk cost nobody a message, and do not wait for the streams") {
  ChatService chat(2);
  const EventClients clients = chat.listeners(50);
  Speaker speaker(chat.server.address, numbers(1, 300));
  for (unsigned generation = 2; generation <= 3; ++generation) {
    const auto start = std::chrono::steady_clock::now();
    chat.server.process.send_signal(SIGHUP);
    const std::string here = "generation " + std::to_string(generation);
    receive_until(clients, 20s, "all are back", [&here](const EventClient& client) {
      return client.data_of("welcome").back().ends_with(here);
    });
    chat.server.process.wait_for_generation(generation, 2);
    CHECK(time_since(start) < 30s);  // The graceful time-out: 60.
  }
  receive_messages(clients, 300);
  CHECK(speaker.finish() == 0);
  for (const auto& client : clients) {
    CHECK(client->messages() == numbers(1, 300));
    CHECK(client->ends() >= 2);
    CHECK(client->cuts() == 0);
  }
}

TEST_CASE("chat: a worker that is killed costs no listener a message either") {
  ChatService chat(2);
  const EventClients clients = chat.listeners(20);
  Speaker speaker(chat.server.address, numbers(1, 200));
  receive_messages(clients, 20);
  const bool is_first = clients.front()->data_of("welcome").front().starts_with("worker 0");
  ::kill(chat.server.process.workers().at(is_first ? 0 : 1).pid, SIGKILL);
  receive_messages(clients, 100);
  static_cast<void>(speaker.finish());
  eventually(10s, "the last word is said", [&chat] { return chat.say("end").status == 201; });
  receive_until(clients, 20s, "all have heard the last word",
                [](const EventClient& client) { return client.messages().back() == "end"; });
  unsigned cuts = 0;
  for (const auto& client : clients) {
    CHECK(client->messages() == clients.front()->messages());
    cuts += client->cuts();
  }
  CHECK(clients.front()->messages().size() >= 199);
  CHECK(cuts > 0);
}

TEST_CASE("chat: who comes back gets what was said meanwhile, also when the server was new") {
  TemporaryFolder folder;
  const std::vector<std::string> options{"--env", "CHAT_JOURNAL=" + (folder / "journal").string()};
  std::string id;
  {
    const RunningServer before(example_app("chat_sse"), 1, options);
    HttpClient client(before.address);
    id = client.request("POST", "/rooms/a/messages", "first").body;
    id.pop_back();  // The line break.
    CHECK(client.request("POST", "/rooms/b/messages", "elsewhere").status == 201);
    CHECK(client.request("POST", "/rooms/a/messages", "second").status == 201);
  }
  const RunningServer after(example_app("chat_sse"), 1, options);
  const auto listen = [&after](const std::string& target, const std::string& last_id) {
    EventClients clients;
    clients.push_back(std::make_unique<EventClient>(after.address, target, last_id));
    return clients;
  };
  const EventClients returning = listen("/rooms/a/events", id);
  const EventClients recent = listen("/rooms/a/events?recent=2", "");
  const EventClients stranger = listen("/rooms/a/events", "17");
  receive_messages(returning, 1);
  receive_messages(recent, 2);
  receive_messages(stranger, 2);
  CHECK(returning.front()->messages() == std::vector<std::string>{"second"});
  CHECK(returning.front()->data_of("gap").empty());
  CHECK(recent.front()->messages() == std::vector<std::string>{"first", "second"});
  CHECK(stranger.front()->data_of("gap").size() == 1);
}

TEST_CASE("chat: a slow client holds nobody, is ended, and gets all of it when it comes back") {
  ChatService chat(1);
  EventClients slow;
  slow.push_back(std::make_unique<EventClient>(chat.server.address, "/rooms/lobby/events"));
  receive_until(slow, 10s, "it is welcome",
                [](const EventClient& client) { return !client.events().empty(); });
  const EventClients others = chat.listeners(3);
  // More than the kernel takes for a client (4 MB, tcp_wmem), less than the journal has.
  std::vector<std::string> texts;
  for (const std::string& number : numbers(1, 3200)) {
    texts.push_back(number + std::string(1900, '.'));
  }
  HttpClient speaker(chat.server.address);
  for (std::size_t said = 0; said < texts.size();) {
    CHECK(speaker.request("POST", "/rooms/lobby/messages", texts[said]).status == 201);
    if (++said % 100 == 0) {
      receive_messages(others, said);  // So that they are never slow.
    }
  }
  chat.server.process.wait_for_log("a listener of room lobby is too slow");
  for (const auto& client : others) {
    CHECK((client->messages() == texts));
    CHECK(client->ends() == 0);
  }
  receive_messages(slow, texts.size());
  CHECK((slow.front()->messages() == texts));
  CHECK(slow.front()->ends() == 1);
}

TEST_CASE("chat: a client that leaves frees its place") {
  ChatService chat(1, {"--env", "CHAT_PLACES=2"});
  CHECK(HttpClient(chat.server.address).request("HEAD", "/rooms/lobby/events").status == 200);
  EventClients clients = chat.listeners(2);
  const HttpResponse refused = get(chat.server.address, "/rooms/lobby/events");
  CHECK(refused.status == 503);
  CHECK(refused.body == "no place is free, come back later");
  clients.pop_back();
  eventually(10s, "the place is free", [&chat] {
    EventClients next;
    next.push_back(std::make_unique<EventClient>(chat.server.address, "/rooms/lobby/events"));
    try {
      receive_until(next, 10s, "an answer",
                    [](const EventClient& client) { return !client.events().empty(); });
      return true;
    } catch (const std::runtime_error&) {  // 503
      return false;
    }
  });
}

TEST_CASE("chat: silence is broken by comments, and a stop ends the streams at once") {
  ChatService chat(1, {"--env", "CHAT_HEARTBEAT_MS=50"});
  const EventClients clients = chat.listeners(5);
  receive_until(clients, 10s, "comments",
                [](const EventClient& client) { return client.comments() >= 2; });
  chat.server.process.send_signal(SIGTERM);
  receive_until(clients, 10s, "the end",
                [](const EventClient& client) { return client.ends() == 1; });
  CHECK(chat.server.process.wait_for_exit(30s).code == 0);
  CHECK(clients.front()->data_of("").empty());
}

TEST_CASE("chat: names, messages and ids that make no sense are refused with a reason") {
  ChatService chat(1);
  const auto body_of = [](const HttpResponse& response, int status) {
    CHECK(response.status == status);
    return response.body;
  };
  CHECK(body_of(chat.say("x", "a%20b"), 400).find("the name of a room") == 0);
  CHECK(body_of(chat.say("x", std::string(65, 'a')), 400).find("the name of a room") == 0);
  CHECK(chat.say("x", std::string(64, 'a')).status == 201);
  CHECK(contains(body_of(chat.say(std::string(2001, 'x')), 413), "2000 bytes"));
  CHECK(chat.say(std::string(2000, 'x')).status == 201);
  CHECK(body_of(chat.say(""), 400) == "a message: 1 to 2000 bytes");
  CHECK(body_of(get(chat.server.address, "/rooms/a%2Fb/events"), 400).find("the name") == 0);
  CHECK(body_of(get(chat.server.address, "/rooms/a/events?recent=all"), 400).find("recent") == 0);
  HttpClient client(chat.server.address);
  const HttpResponse response =
      client.request("GET", "/rooms/a/events", {}, "Last-Event-ID: 12x\r\n");
  CHECK(body_of(response, 400).find("Last-Event-ID") == 0);
  CHECK(contains(get(chat.server.address, "/").body, "EventSource"));
}
