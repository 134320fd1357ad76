#include "receivers.h"

#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include <appserver/multipart.hpp>

#include "file_json.h"
#include "file_name.h"
#include "storage_error.h"

using appserver::BodyReceiver;
using appserver::HttpError;
using appserver::Request;
using appserver::Response;

namespace upload {
namespace {

// Each costs a descriptor while the form arrives.
constexpr std::size_t kMostParts = 20;

// 0 when the body comes in chunks.
std::uint64_t announced_length(const Request& request) {
  const std::string_view text = request.header("Content-Length").value_or("");
  std::uint64_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  return length;
}

StoredFile store_as_new(IncomingFile& file) {
  const std::string id = new_id();
  file.store_as(id);
  return {id, file.name(), file.size()};
}

class FileReceiver final : public BodyReceiver {
 public:
  FileReceiver(IncomingFile file, std::optional<std::string> id, std::string mount)
      : file_(std::move(file)), id_(std::move(id)), mount_(std::move(mount)) {}

  void receive(std::string_view bytes) override { file_.write(bytes); }

  Response finish() override {
    if (id_) {
      file_.replace(*id_);
      return appserver::json(to_json(StoredFile{*id_, file_.name(), file_.size()}, mount_));
    }
    const StoredFile stored = store_as_new(file_);
    return appserver::json(to_json(stored, mount_))
        .status(201)
        .header("Location", url_of(stored, mount_));
  }
  // Until the disk has the file.
  [[nodiscard]] bool finish_blocks() const override { return true; }

 private:
  IncomingFile file_;
  std::optional<std::string> id_;
  std::string mount_;
};

class FormReceiver final : public appserver::MultipartReceiver {
 public:
  FormReceiver(const Folder& folder, std::string mount)
      : folder_(folder), mount_(std::move(mount)) {}

  void part_begins(const appserver::PartHead& head) override {
    // A browser sends a file without a name when none was chosen.
    takes_part_ = head.filename.has_value() && !head.filename->empty();
    if (takes_part_) {
      files_.push_back(folder_.receive(kept_name(*head.filename), 0));
    }
  }
  void part_data(std::string_view bytes) override {
    if (takes_part_) {
      files_.back().write(bytes);
    }
  }
  void part_ends() override {}

  Response finish() override {
    if (files_.empty()) {
      throw HttpError(422, "the form has no file in it");
    }
    return appserver::json(to_json(store_all(), mount_)).status(201);
  }
  [[nodiscard]] bool finish_blocks() const override { return true; }

 private:
  std::vector<StoredFile> store_all() {
    std::vector<StoredFile> stored;
    try {
      for (IncomingFile& file : files_) {
        stored.push_back(store_as_new(file));
      }
    } catch (const StorageError&) {
      for (const StoredFile& file : stored) {
        folder_.remove(file.id);
      }
      throw;
    }
    return stored;
  }

  const Folder& folder_;
  std::string mount_;
  std::vector<IncomingFile> files_;
  bool takes_part_ = false;
};

}  // namespace

std::unique_ptr<BodyReceiver> receive_file(const Folder& folder, const Request& request,
                                           std::string name, std::optional<std::string> id) {
  return std::make_unique<FileReceiver>(folder.receive(std::move(name), announced_length(request)),
                                        std::move(id), std::string(request.mount()));
}

std::unique_ptr<BodyReceiver> receive_form(const Folder& folder, const Request& request,
                                           std::uint64_t most_bytes) {
  return appserver::receive_multipart(
      request, std::make_unique<FormReceiver>(folder, std::string(request.mount())),
      {.parts = kMostParts, .part_bytes = most_bytes, .body_bytes = most_bytes});
}

}  // namespace upload
