#include <memory>
#include <stdexcept>
#include <stdlib.h>
#include <string>

#include <doctest/doctest.h>

#include <appserver/testing.hpp>

#include "chat.h"
#include "journal.h"
#include "routes.h"
#include "temporary_folder.h"

using appserver::testing::Client;
using appserver::testing::Reply;

namespace {

// The service without the loop that tells of what other workers have written.
struct Service {
  TemporaryFolder folder;
  chat::Settings settings{.journal = folder.file("journal")};
  chat::ChatOfWorker chat;
  Client client{[this](appserver::App& app) {
    chat = std::make_unique<chat::Chat>(settings, app.log(), "hello");
    chat::add_routes(app, chat);
  }};
};

}  // namespace

TEST_CASE("chat: what is said is in the journal, with the id that the client gets") {
  Service service;
  const Reply said = service.client.post("/rooms/lobby/messages", "hello\r\nworld");
  CHECK(said.status == 201);
  const auto entries = chat::Journal(service.settings.journal).after(0);
  REQUIRE(entries.size() == 1);
  CHECK(said.body == std::to_string(entries[0].id) + "\n");
  CHECK(entries[0].room == "lobby");
  CHECK(entries[0].text == "hello\r\nworld");
}

TEST_CASE("chat: bad names, bodies and ids are refused with a reason, and nothing is said") {
  Service service;
  Client& client = service.client;
  const std::string long_name(65, 'a');
  for (const std::string& room : {std::string("a%20b"), std::string("a%2Fb"), long_name}) {
    CAPTURE(room);
    const Reply refused = client.post("/rooms/" + room + "/messages", "x");
    CHECK(refused.status == 400);
    CHECK(refused.body == "the name of a room: 1 to 64 letters, digits, - and _");
  }
  CHECK(client.post("/rooms/a/messages", "").body == "a message: 1 to 2000 bytes");
  CHECK(client.post("/rooms/a/messages", std::string(2001, 'x')).status == 413);
  CHECK(client.get("/rooms/a/messages").status == 405);
  CHECK(client.post("/rooms//messages", "x").status == 404);
  CHECK(chat::Journal(service.settings.journal).after(0).empty());
}

TEST_CASE("chat: the page is there, and HEAD of a stream takes no place") {
  Service service;
  CHECK(service.client.get("/").body.find("new EventSource") != std::string::npos);
  const Reply head = service.client.head("/rooms/a/events");
  CHECK(head.status == 200);
  CHECK(head.header("Content-Type") == "text/event-stream");
}

TEST_CASE("chat: settings that are no numbers are refused by name") {
  ::setenv("CHAT_PLACES", "many", 1);
  CHECK_THROWS_WITH_AS(static_cast<void>(chat::settings_from_environment()),
                       "CHAT_PLACES=many: not a number above 0", std::invalid_argument);
  ::setenv("CHAT_PLACES", "3", 1);
  CHECK(chat::settings_from_environment().limits.places == 3);
  ::unsetenv("CHAT_PLACES");
  CHECK(chat::settings_from_environment().limits.places == chat::Limits().places);
}
