#pragma once

#include <memory>

#include <appserver/app.hpp>

#include "chat.h"

namespace chat {

// The chat of the worker: there from its start to its end.
using ChatOfWorker = std::unique_ptr<Chat>;

// Declares what clients may ask. `chat` outlives the app.
void add_routes(appserver::App& app, const ChatOfWorker& chat);

}  // namespace chat
