#include "app/loaded_app.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <dlfcn.h>
#include <exception>
#include <type_traits>
#include <utility>

#include <appserver/abi_leaving.h>

#include "app/dlerror_text.h"

namespace appserver::app {
namespace {

using Kind = LoadError::Kind;

Failure<LoadError> refuse(Kind kind, std::string message) {
  return {LoadError{kind, std::move(message)}};
}

// Whether a struct that says it has `size` bytes has the member that ends at `end`.
#define APPSERVER_HAS_FIELD(type, field, size) \
  ((size) >= offsetof(type, field) + sizeof(type::field))

std::string stem_of(const std::string& path) {
  std::string stem = path.substr(path.rfind('/') + 1);
  if (stem.ends_with(".so") && stem.size() > 3) {
    stem.resize(stem.size() - 3);
  }
  return stem;
}

// The app's own words for a failure, to stand behind what the server says of it.
std::string reason_from(HostServices& host, std::string_view otherwise) {
  const std::string why = host.take_reported_error();
  return ": " + (why.empty() ? std::string(otherwise) : why);
}

// Calls into the app. It must not let exceptions out, but one that did would otherwise end the
// process without a word. Returns what() of the exception, or an empty text.
template <typename Call>
std::string exception_from(Call&& call) {
  try {
    call();
    return {};
  } catch (const std::exception& exception) {
    return std::string(exception.what()).insert(0, "it threw an exception: ");
  } catch (...) {
    return "it threw an exception";
  }
}

// Loads the snapshot's files in order. Returns the handle of the last one, the app.
Result<void*, LoadError> open_all(const Snapshot& snapshot) {
  std::vector<LoadedName> names;
  void* handle = nullptr;
  const auto open = [&names, &handle](const SnapshotFile& file) {
    names.push_back({"/proc/self/fd/" + std::to_string(file.fd.get()), file.path});
    // Everything is resolved now, so that a gap shows before a worker serves; and locally, so that
    // the app's symbols replace none of the server's.
    handle = ::dlopen(names.back().loaded.c_str(), RTLD_NOW | RTLD_LOCAL);
    return handle != nullptr;
  };
  const bool opened =
      std::all_of(snapshot.libraries.begin(), snapshot.libraries.end(), open) && open(snapshot.app);
  if (!opened) {
    const char* text = ::dlerror();
    return failure(explain_dlerror(text == nullptr ? "no reason given" : text, names));
  }
  return handle;
}

LoadError no_entry(void* handle, const std::string& path) {
  for (int major = APPSERVER_ABI_MAJOR + 1; major <= 9; ++major) {
    const std::string symbol = "appserver_app_v" + std::to_string(major);
    if (::dlsym(handle, symbol.c_str()) != nullptr) {
      return {Kind::WrongAbiMajor, path + " is an app for ABI " + std::to_string(major) +
                                       ", this server offers ABI " +
                                       std::to_string(APPSERVER_ABI_MAJOR) +
                                       ": build the app with this server's headers, or install a "
                                       "newer server"};
    }
  }
  return {Kind::NoEntrySymbol,
          path + " does not export " APPSERVER_ENTRY_SYMBOL
                 ": define the app with APPSERVER_APP of <appserver/app.hpp>, and do not hide that "
                 "symbol with a linker version script"};
}

// Checks a description and widens it. `given` may be any struct that begins with `size`.
Result<appserver_app, LoadError> widen(const appserver_app* given, const std::string& path) {
  std::uint32_t size = 0;
  std::memcpy(&size, given, sizeof size);
  appserver_app wide{};
  if (!APPSERVER_HAS_FIELD(appserver_app, abi_minor, size)) {
    return refuse(Kind::BadDescription,
                  path + " describes itself with a struct of only " + std::to_string(size) +
                      " bytes: set its member `size` to sizeof(appserver_app)");
  }
  std::memcpy(&wide, given, std::min<std::size_t>(size, sizeof wide));
  if (wide.abi_major != APPSERVER_ABI_MAJOR) {
    return refuse(Kind::WrongAbiMajor,
                  path + " says that it is built for ABI " + std::to_string(wide.abi_major) +
                      ", this server offers ABI " + std::to_string(APPSERVER_ABI_MAJOR) +
                      ": build the app with this server's headers");
  }
  if (!APPSERVER_HAS_FIELD(appserver_app, handle, size)) {
    return refuse(Kind::BadDescription,
                  path + " describes itself with a struct of " + std::to_string(size) +
                      " bytes, which ends before the member `handle`: set its member `size` to "
                      "sizeof(appserver_app)");
  }
  // A member that `size` covers only in part does not exist either.
  if (!APPSERVER_HAS_FIELD(appserver_app, get_extension, size)) {
    wide.get_extension = nullptr;
  }
  if (wide.handle == nullptr) {
    return refuse(Kind::BadDescription, path +
                                            " has no handler: set the member `handle` of its "
                                            "appserver_app");
  }
  wide.size = sizeof wide;
  return wide;
}

std::string_view text_or_empty(const char* text) noexcept {
  return text == nullptr ? std::string_view{} : std::string_view{text};
}

}  // namespace

Result<LoadedApp, LoadError> load_app(const Snapshot& snapshot, HostServices& host) {
  const std::string& path = snapshot.app.path;
  const auto handle = open_all(snapshot);
  if (!handle) {
    return failure(handle.error());
  }
  void* const symbol = ::dlsym(*handle, APPSERVER_ENTRY_SYMBOL);
  if (symbol == nullptr) {
    return failure(no_entry(*handle, path));
  }
  return link_app(path, reinterpret_cast<decltype(&appserver_app_v1)>(symbol), host);
}

Result<LoadedApp, LoadError> link_app(const std::string& path, const AppEntry& entry,
                                      HostServices& host) {
  const appserver_app* given = nullptr;
  static_cast<void>(host.take_reported_error());
  const std::string threw =
      exception_from([entry, &given, &host] { given = entry(&host.table()); });
  if (!threw.empty()) {
    return refuse(Kind::SetupFailed, path + ": the app could not be set up: " + threw);
  }
  if (given == nullptr) {
    return refuse(Kind::SetupFailed,
                  path + ": the app could not be set up" + reason_from(host, "it gave no reason"));
  }
  const auto description = widen(given, path);
  if (!description) {
    return failure(description.error());
  }
  return LoadedApp(path, *description, host);
}

LoadedApp::LoadedApp(std::string path, const appserver_app& description, HostServices& host)
    : path_(std::move(path)), description_(description), host_(&host) {
  name_ = description_.name == nullptr ? stem_of(path_) : std::string(description_.name);
}

std::string_view LoadedApp::version() const noexcept {
  return text_or_empty(description_.version);
}

std::string_view LoadedApp::toolchain() const noexcept {
  return text_or_empty(description_.toolchain);
}

std::vector<std::string_view> LoadedApp::hooks() const {
  std::vector<std::string_view> names;
  const auto add = [&names](bool present, std::string_view hook) {
    if (present) {
      names.push_back(hook);
    }
  };
  add(description_.on_load != nullptr, "on_load");
  add(description_.on_worker_start != nullptr, "on_worker_start");
  add(extension(APPSERVER_LEAVING_EXTENSION) != nullptr, "on_worker_leave");
  add(description_.on_worker_stop != nullptr, "on_worker_stop");
  add(description_.on_release_retire != nullptr, "on_release_retire");
  return names;
}

const void* LoadedApp::extension(const char* extension_name) const {
  return description_.get_extension == nullptr
             ? nullptr
             : description_.get_extension(description_.state, extension_name);
}

std::vector<Route> LoadedApp::routes() const {
  const auto* table = static_cast<const appserver_routes*>(extension(APPSERVER_ROUTES_EXTENSION));
  std::vector<Route> routes;
  if (table == nullptr || !APPSERVER_HAS_FIELD(appserver_routes, routes, table->size) ||
      table->routes == nullptr) {
    return routes;
  }
  for (std::uint32_t i = 0; i < table->count; ++i) {
    const appserver_route& route = table->routes[i];
    routes.push_back({std::string(route.method == nullptr ? "*" : route.method),
                      std::string(text_or_empty(route.pattern))});
  }
  return routes;
}

Result<Ok, LoadError> LoadedApp::run_on_load() {
  if (description_.on_load == nullptr) {
    return ok();
  }
  static_cast<void>(host_->take_reported_error());
  std::int32_t result = APPSERVER_FAILED;
  const std::string threw =
      exception_from([this, &result] { result = description_.on_load(description_.state); });
  if (!threw.empty()) {
    return refuse(Kind::LoadHookFailed, path_ + ": its load hook failed: " + threw);
  }
  if (result != APPSERVER_OK) {
    return refuse(Kind::LoadHookFailed,
                  path_ + ": its load hook failed" + reason_from(*host_, "it gave no reason"));
  }
  return ok();
}

}  // namespace appserver::app
