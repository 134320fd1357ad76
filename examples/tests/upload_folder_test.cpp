#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "file_name.h"
#include "folder.h"
#include "storage_error.h"
#include "temporary_folder.h"

using upload::Folder;
using upload::IncomingFile;
using upload::StorageError;
using upload::StoredFile;

namespace {

std::size_t entries_in(const TemporaryFolder& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder.path()),
                                                std::filesystem::directory_iterator()));
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string store(const Folder& folder, const char* name, std::string_view content) {
  IncomingFile file = folder.receive(name, content.size());
  file.write(content);
  const std::string id = upload::new_id();
  file.store_as(id);
  return id;
}

std::string error_of(const std::string& path) {
  try {
    upload::prepare_folder(path);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("upload: a file has no name before it is stored, and is gone when it is not") {
  const TemporaryFolder place;
  const Folder folder(place.path());
  {
    IncomingFile file = folder.receive("a", 0);
    file.write("half");
    CHECK(entries_in(place) == 0);
  }
  CHECK(entries_in(place) == 0);
  const std::string id = store(folder, "a", "whole");
  CHECK(entries_in(place) == 1);
  const std::optional<StoredFile> found = folder.find(id);
  REQUIRE(found);
  CHECK(found->name == "a");
  CHECK(found->size == 5);
  CHECK(content_of(folder.path_of(id)) == "whole");
  CHECK(folder.remove(id));
  CHECK_FALSE(folder.remove(id));
  CHECK_FALSE(folder.find(id));
}

TEST_CASE("upload: storing under a name that is taken changes nothing, replacing does") {
  const TemporaryFolder place;
  const Folder folder(place.path());
  const std::string id = store(folder, "old", "old content");
  IncomingFile second = folder.receive("new", 0);
  second.write("new");
  CHECK_THROWS_AS(second.store_as(id), StorageError);
  CHECK(content_of(folder.path_of(id)) == "old content");
  std::ifstream reader(folder.path_of(id));
  second.replace(id);
  CHECK(content_of(folder.path_of(id)) == "new");
  CHECK(folder.find(id)->name == "new");
  std::string seen;
  std::getline(reader, seen);
  CHECK(seen == "old content");
  CHECK(entries_in(place) == 1);
}

TEST_CASE("upload: files are listed by id, page after page, and nothing else is") {
  const TemporaryFolder place;
  const Folder folder(place.path());
  for (int i = 0; i < 7; ++i) {
    static_cast<void>(store(folder, "a", "x"));
  }
  std::ofstream(place.file("README")) << "not ours";
  const std::string link = upload::new_id();
  std::filesystem::create_symlink("/etc/passwd", place.path() / link);
  CHECK_FALSE(folder.find(link));
  std::filesystem::remove(place.path() / link);
  std::string after;
  for (std::size_t page : {3U, 3U, 1U}) {
    const std::vector<StoredFile> files = folder.list(after, 3);
    REQUIRE(files.size() == page);
    for (const StoredFile& file : files) {
      CHECK(file.id > after);
      after = file.id;
    }
  }
  CHECK(folder.list(after, 3).empty());
}

TEST_CASE("upload: what is longer than the room that is left is refused before it is received") {
  const TemporaryFolder place;
  const Folder folder(place.path());
  try {
    static_cast<void>(folder.receive("a", std::uint64_t{1} << 62));
    FAIL("it was begun");
  } catch (const StorageError& error) {
    CHECK(error.is_full());
  }
}

TEST_CASE("upload: a folder that cannot be used says so, and what to do") {
  const TemporaryFolder place;
  CHECK(error_of(place.path()).empty());
  CHECK(entries_in(place) == 0);
  const std::string missing = error_of(place.file("missing"));
  CHECK(missing.find(place.file("missing")) != std::string::npos);
  CHECK(missing.find("make the folder") != std::string::npos);
  std::ofstream(place.file("a file")) << "x";
  CHECK(error_of(place.file("a file")).find("Not a directory") != std::string::npos);
  CHECK(error_of("/proc/self").find("uploads cannot be stored") != std::string::npos);
}

TEST_CASE("upload: only abandoned passing entries are swept") {
  const TemporaryFolder place;
  const std::string young = place.file(".passing-1");
  std::ofstream(young) << "x";
  const Folder folder(place.path());
  const std::string id = store(folder, "a", "x");
  upload::prepare_folder(place.path());
  CHECK(std::filesystem::exists(young));
  upload::sweep_folder(place.path(), std::time(nullptr) + 3600);
  CHECK_FALSE(std::filesystem::exists(young));
  CHECK(folder.find(id));
}
