#pragma once

// Everything that a program needs which has a server in it: Server, and what an app is written
// with. Link appserver::server. The guide is docs/EMBEDDING.md; the class is in embedding.hpp.
#include <memory>
#include <utility>

#include <appserver/app.hpp>
#include <appserver/detail/entry.hpp>
#include <appserver/embedding.hpp>

namespace appserver::detail {

// The app is a fresh object for each host, and is destroyed when the host lets go of it.
inline AppMaker link_app(std::function<void(App&)> set_up) {
  return [set_up = std::move(set_up)](const appserver_host* host) {
    auto entry = std::make_shared<Entry>(host, set_up);
    const appserver_app* const description = entry->description();
    return std::shared_ptr<const appserver_app>(std::move(entry), description);
  };
}

}  // namespace appserver::detail
