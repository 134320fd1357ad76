#include "app/library_search.h"

#include <filesystem>
#include <link.h>

namespace appserver::app {
namespace {

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

std::string_view file_name_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

std::vector<std::string_view> split_path_list(std::string_view path_list) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t colon = path_list.find(':');
    parts.push_back(path_list.substr(0, colon));
    if (colon == std::string_view::npos) {
      return parts;
    }
    path_list.remove_prefix(colon + 1);
  }
}

bool is_system_directory(std::string_view directory) {
  std::string normal = std::filesystem::path(directory).lexically_normal().string();
  while (normal.size() > 1 && normal.back() == '/') {
    normal.pop_back();
  }
  std::string_view rest = normal;
  if (rest.starts_with("/usr/")) {
    rest.remove_prefix(4);
  }
  if (rest == "/lib" || rest == "/lib64") {
    return true;
  }
  constexpr std::string_view kMultiarch = "-linux-gnu";
  return rest.starts_with("/lib/") && rest.ends_with(kMultiarch) &&
         rest.find('/', 5) == std::string_view::npos;
}

std::vector<std::string> snapshot_directories(std::string_view path_list, std::string_view origin) {
  std::vector<std::string> directories;
  for (const std::string_view part : split_path_list(path_list)) {
    std::string directory(part);
    replace_all(directory, "${ORIGIN}", origin);
    // `$ORIGINAL` is no token; a token ends where its name does, and in practice at '/' or the end.
    if (directory.starts_with("$ORIGIN") && (directory.size() == 7 || directory[7] == '/')) {
      directory.replace(0, 7, origin);
    }
    if (directory.starts_with('/') && directory.find('$') == std::string::npos &&
        !is_system_directory(directory)) {
      directories.push_back(std::move(directory));
    }
  }
  return directories;
}

bool is_library_loaded(std::string_view file_name) {
  const auto compare = [](dl_phdr_info* object, std::size_t /*size*/, void* wanted) {
    return file_name_of(object->dlpi_name) == *static_cast<std::string_view*>(wanted) ? 1 : 0;
  };
  return !file_name.empty() && ::dl_iterate_phdr(compare, &file_name) != 0;
}

}  // namespace appserver::app
