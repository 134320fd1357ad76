#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "folder.h"

namespace upload {

// {"id": ..., "name": ..., "size": ..., "url": ...}; `mount` is what urls begin with.
[[nodiscard]] std::string to_json(const StoredFile& file, std::string_view mount);

// {"files": [ ... ]}
[[nodiscard]] std::string to_json(const std::vector<StoredFile>& files, std::string_view mount);

[[nodiscard]] std::string url_of(const StoredFile& file, std::string_view mount);

}  // namespace upload
