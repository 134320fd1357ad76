// Chat rooms over server-sent events, for clients of all workers. README.md shows how to talk to
// it.
#include <memory>
#include <string>

#include <appserver/app.hpp>

#include "chat.h"
#include "journal.h"
#include "routes.h"

using appserver::Worker;
using chat::Chat;

APPSERVER_APP(app) {
  auto& chat = app.keep<chat::ChatOfWorker>();
  // Makes the file, so that a worker finds it, and what is wrong with it refuses the release.
  app.on_load([] { const chat::Journal journal(chat::settings_from_environment().journal); });
  app.on_worker_start([&chat](const Worker& worker) {
    chat = std::make_unique<Chat>(chat::settings_from_environment(), worker.log(),
                                  "worker " + std::to_string(worker.slot()) + ", generation " +
                                      std::to_string(worker.generation()));
    chat->follow(worker.loop());
  });
  app.on_worker_leave([&chat](const Worker&) { chat->say_goodbye(); });
  app.on_worker_stop([&chat](const Worker&) { chat.reset(); });
  chat::add_routes(app, chat);
}
