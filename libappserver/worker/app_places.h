#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <appserver/abi.h>
#include <appserver/abi_async.h>
#include <appserver/abi_stream.h>

#include "app/host_services.h"
#include "app/mounted_app.h"
#include "http/request_head.h"
#include "worker/mount_table.h"

namespace appserver::worker {

// One app of the worker, with what is asked of it for each request looked up once.
struct AppPlace {
  const appserver_app* app;
  app::HostServices* host;
  decltype(appserver_streaming::streams_body) streams_body;          // Null: it never wants to.
  decltype(appserver_placement::on_worker_thread) on_worker_thread;  // Null: it never wants that.
  std::string prefix;  // Of the paths, as "/api"; empty: there is none.
  std::string label;   // For people; empty for the only app of a worker.
};

// Where a request goes. The place is null when no app has it.
struct Destination {
  const AppPlace* place = nullptr;
  std::string_view path;  // What the app sees: the path without the prefix.
};

// The apps of a worker and which of them has a request. Immutable. [worker]
class AppPlaces {
 public:
  // The apps outlive it.
  explicit AppPlaces(std::span<const app::MountedApp> apps);
  AppPlaces(const AppPlaces&) = delete;
  AppPlaces& operator=(const AppPlaces&) = delete;

  // One comparison when there is only one app, at "/". [any thread]
  [[nodiscard]] Destination find(const http::RequestHead& head) const noexcept {
    return only_ != nullptr ? Destination{only_, head.path} : look_up(head);
  }
  [[nodiscard]] bool has_place_for(const http::RequestHead& head) const noexcept {
    return only_ != nullptr || look_up(head).place != nullptr;
  }

  // Whether any of them may want to take bodies in as they arrive, or wants to run on the first
  // thread for some requests.
  [[nodiscard]] bool may_stream_bodies() const noexcept { return may_stream_bodies_; }
  [[nodiscard]] bool may_want_first_thread() const noexcept { return may_want_first_thread_; }

 private:
  [[nodiscard]] Destination look_up(const http::RequestHead& head) const noexcept;

  std::vector<AppPlace> places_;
  MountTable table_;
  const AppPlace* only_ = nullptr;  // Null: the table has to be asked.
  bool may_stream_bodies_ = false;
  bool may_want_first_thread_ = false;
};

}  // namespace appserver::worker
