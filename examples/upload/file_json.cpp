#include "file_json.h"

#include <utility>

#include <boost/json.hpp>

namespace upload {
namespace {

namespace json = boost::json;

json::object to_object(const StoredFile& file, std::string_view mount) {
  return {{"id", file.id}, {"name", file.name}, {"size", file.size}, {"url", url_of(file, mount)}};
}

}  // namespace

std::string to_json(const StoredFile& file, std::string_view mount) {
  return json::serialize(to_object(file, mount)) + "\n";
}

std::string to_json(const std::vector<StoredFile>& files, std::string_view mount) {
  json::array items;
  for (const StoredFile& file : files) {
    items.push_back(to_object(file, mount));
  }
  return json::serialize(json::object{{"files", std::move(items)}}) + "\n";
}

std::string url_of(const StoredFile& file, std::string_view mount) {
  return std::string(mount) + "/files/" + file.id;
}

}  // namespace upload
