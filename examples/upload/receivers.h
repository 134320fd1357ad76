#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <appserver/app.hpp>

#include "folder.h"

// How bodies become files: piece by piece, as they arrive.
namespace upload {

// Takes the body of the request as one file; `id` is that of the file it replaces, or nullopt for a
// new one. `folder` outlives the receiver. Its answer is 201 or 200, with the file as JSON.
// Errors: throws StorageError. [handler]
[[nodiscard]] std::unique_ptr<appserver::BodyReceiver> receive_file(
    const Folder& folder, const appserver::Request& request, std::string name,
    std::optional<std::string> id);

// Takes all files of a multipart/form-data body, of at most `most_bytes` together; other fields are
// ignored. All of them are stored at its end, or none is.
// Errors: throws HttpError as receive_multipart(); StorageError. [handler]
[[nodiscard]] std::unique_ptr<appserver::BodyReceiver> receive_form(
    const Folder& folder, const appserver::Request& request, std::uint64_t most_bytes);

}  // namespace upload
