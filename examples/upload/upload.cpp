// Files from clients, streamed to a folder. README.md shows how to talk to it.
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <appserver/app.hpp>
#include <appserver/middleware/body_limit.hpp>

#include "file_json.h"
#include "file_name.h"
#include "folder.h"
#include "receivers.h"
#include "storage_error.h"

using appserver::BodyReceiver;
using appserver::HttpError;
using appserver::Request;
using appserver::Response;
using appserver::Worker;
using upload::Folder;
using upload::StorageError;
using upload::StoredFile;

namespace {

constexpr std::uint64_t kDefaultMostBytes = std::uint64_t{1} << 30;
constexpr std::size_t kDefaultPage = 100;
constexpr std::size_t kMaxPage = 1000;

constexpr std::string_view kPageBegin = R"(<!doctype html>
<meta charset="utf-8">
<title>upload</title>
<h1>upload</h1>
<form action=")";
constexpr std::string_view kPageEnd = R"(/files" method="post" enctype="multipart/form-data">
  <input type="file" name="file" multiple> <button>Send</button>
</form>
<p>Or: <code>curl --data-binary @photo.jpg 'localhost:8000/files?name=photo.jpg'</code></p>
)";

std::string setting(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

// The whole of `text` as a number.
template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

std::uint64_t most_bytes() {
  const std::string text = setting("UPLOAD_MAX_BYTES", "");
  const auto number =
      text.empty() ? std::optional(kDefaultMostBytes) : parse_number<std::uint64_t>(text);
  if (!number) {
    throw std::runtime_error("UPLOAD_MAX_BYTES is '" + text + "': give a number of bytes");
  }
  return *number;
}

Response page(const Request& request) {
  return appserver::html(std::string(kPageBegin).append(request.mount()).append(kPageEnd));
}

// What leads anywhere else than to a file of ours does not exist.
StoredFile requested_file(const Folder& folder, const Request& request) {
  const std::string id(request.param("id"));
  std::optional<StoredFile> file = upload::is_id(id) ? folder.find(id) : std::nullopt;
  if (!file) {
    throw HttpError(404, "there is no such file");
  }
  return std::move(*file);
}

std::unique_ptr<BodyReceiver> add_files(const Folder& folder, std::uint64_t most,
                                        const Request& request) {
  if (appserver::has_media_type(request, "multipart/form-data")) {
    return upload::receive_form(folder, request, most);
  }
  std::string name = upload::kept_name(request.query("name").value_or(""));
  return upload::receive_file(folder, request, std::move(name), std::nullopt);
}

std::unique_ptr<BodyReceiver> replace_file(const Folder& folder, const Request& request) {
  StoredFile old = requested_file(folder, request);
  const std::optional<std::string> name = request.query("name");
  return upload::receive_file(folder, request, name ? upload::kept_name(*name) : old.name, old.id);
}

Response send_file(const Folder& folder, const Request& request) {
  const StoredFile file = requested_file(folder, request);
  // What strangers sent is never shown as a page of this site, whatever it says it is.
  return appserver::file(folder.path_of(file.id), "application/octet-stream")
      .header("Content-Disposition", upload::attachment(file.name))
      .header("X-Content-Type-Options", "nosniff");
}

Response list_files(const Folder& folder, const Request& request) {
  const auto limit =
      parse_number<std::size_t>(request.query("limit").value_or(std::to_string(kDefaultPage)));
  if (!limit || *limit < 1 || *limit > kMaxPage) {
    throw HttpError(400, "limit: a number from 1 to " + std::to_string(kMaxPage));
  }
  const std::string after = request.query("after").value_or("");
  return appserver::json(upload::to_json(folder.list(after, *limit), request.mount()));
}

Response delete_file(const Folder& folder, const Request& request) {
  if (!folder.remove(requested_file(folder, request).id)) {
    throw HttpError(404, "there is no such file");
  }
  return appserver::no_content();
}

Response tell(const StorageError& error) {
  return error.is_full()
             ? appserver::error_response(507,
                                         "the disk is full: delete files that are not needed any "
                                         "more (DELETE /files/ID), or send a smaller one")
             : appserver::error_response(500, "the folder of the files cannot be used now");
}

}  // namespace

APPSERVER_APP(app) {
  app.name("upload").version("1.0");

  const std::string path = std::filesystem::absolute(setting("UPLOAD_DIR", "uploads")).string();
  const std::uint64_t most = most_bytes();
  auto& opened = app.keep<std::optional<Folder>>();
  app.on_load([path] { upload::prepare_folder(path); });
  app.on_worker_start([path, &opened](const Worker&) { opened.emplace(path); });

  app.on_error<StorageError>([log = app.log(), path](const StorageError& error) {
    log.error(path + ": " + error.what());
    return tell(error);
  });

  app.get("/", page);
  app.get("/files", [&opened](const Request& r) { return list_files(*opened, r); });
  app.get("/files/{id}", [&opened](const Request& r) { return send_file(*opened, r); });
  app.del("/files/{id}", [&opened](const Request& r) { return delete_file(*opened, r); });

  auto bodies = app.group("");
  bodies.use(appserver::limit_body(most));
  bodies.post("/files", [&opened, most](const Request& r) { return add_files(*opened, most, r); });
  bodies.put("/files/{id}", [&opened](const Request& r) { return replace_file(*opened, r); });
}
