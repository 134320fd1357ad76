#include "base/file_watch.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/temporary_folder.h"

using namespace appserver;
namespace fs = std::filesystem;
using Kind = FileNews::Kind;

namespace {

// A watch and what it told. inotify has its news ready when the call that made them returns, so
// that nothing here has to wait.
struct Watched {
  test::TemporaryFolder folder;
  EventLoop loop{EventLoop::Kind::Own};
  std::vector<std::string> told;
  FileWatch watch{loop, [this](const FileNews& news) { told.push_back(text_of(news)); }};

  static std::string text_of(const FileNews& news) {
    const char* const kinds[] = {"writing", "closed", "replaced", "elsewhere"};
    const std::string kind = kinds[static_cast<int>(news.kind)];
    return news.name.empty() ? kind : kind + " " + std::string(news.name);
  }
  // The news since the last call, each once.
  [[nodiscard]] std::vector<std::string> news() {
    loop.run_pending();
    std::vector<std::string> once;
    for (std::string& one : told) {
      if (std::find(once.begin(), once.end(), one) == once.end()) {
        once.push_back(std::move(one));
      }
    }
    told.clear();
    return once;
  }
  void write(const fs::path& path) const { std::ofstream(path) << "text"; }
};

using News = std::vector<std::string>;

}  // namespace

TEST_CASE("FileWatch: a file that is written is told, and when it is closed") {
  Watched watched;
  watched.write(watched.folder / "app.so");
  watched.watch.watch({watched.folder / "app.so"}, {});
  CHECK(watched.watch.complaint().empty());
  {
    std::ofstream file(watched.folder / "app.so", std::ios::app);
    file << "more" << std::flush;
    CHECK(watched.news() == News{"writing app.so"});
  }
  CHECK(watched.news() == News{"closed app.so"});
}

TEST_CASE("FileWatch: a file that is renamed into the folder is told by its new name") {
  Watched watched;
  watched.watch.watch({}, {watched.folder.path()});
  watched.write(watched.folder / ".new");
  static_cast<void>(watched.news());
  fs::rename(watched.folder / ".new", watched.folder / "app.so");
  CHECK(watched.news() == News{"replaced .new", "replaced app.so"});
}

TEST_CASE("FileWatch: what happens elsewhere in the way's folders is not told") {
  Watched watched;
  fs::create_directory(watched.folder / "build");
  watched.watch.watch({watched.folder / "build/app.so"}, {});
  watched.write(watched.folder / "notes.txt");
  CHECK(watched.news().empty());
}

TEST_CASE("FileWatch: a folder that is made anew is followed") {
  Watched watched;
  fs::create_directory(watched.folder / "build");
  watched.watch.watch({watched.folder / "build/app.so"}, {});
  fs::remove_all(watched.folder / "build");
  CHECK(watched.news().back() == "elsewhere");
  fs::create_directory(watched.folder / "build");
  CHECK(watched.news() == News{"elsewhere"});
  watched.write(watched.folder / "build/app.so");
  CHECK(watched.news() == News{"replaced app.so", "writing app.so", "closed app.so"});
}

TEST_CASE("FileWatch: a folder that another one is put in the place of is followed") {
  Watched watched;
  fs::create_directories(watched.folder / "build");
  fs::create_directories(watched.folder / "other");
  watched.watch.watch({}, {watched.folder / "build"});
  fs::rename(watched.folder / "build", watched.folder / "old");
  fs::rename(watched.folder / "other", watched.folder / "build");
  CHECK(watched.news() == News{"elsewhere"});
  watched.write(watched.folder / "old/app.so");
  CHECK(watched.news().empty());
  watched.write(watched.folder / "build/app.so");
  CHECK(watched.news() == News{"replaced app.so", "writing app.so", "closed app.so"});
}

TEST_CASE("FileWatch: a link on the way that leads elsewhere is told and followed") {
  Watched watched;
  fs::create_directories(watched.folder / "one");
  fs::create_directories(watched.folder / "two");
  fs::create_directory_symlink("one", watched.folder / "current");
  watched.watch.watch({watched.folder / "current/app.so"}, {});
  fs::create_directory_symlink("two", watched.folder / "next");
  fs::rename(watched.folder / "next", watched.folder / "current");
  CHECK(watched.news() == News{"elsewhere"});
  watched.write(watched.folder / "two/app.so");
  CHECK(watched.news() == News{"replaced app.so", "writing app.so", "closed app.so"});
}

TEST_CASE("FileWatch: a file that is a link is followed to where it leads") {
  Watched watched;
  fs::create_directories(watched.folder / "far");
  watched.write(watched.folder / "far/app-1.so");
  watched.write(watched.folder / "far/app-2.so");
  fs::create_symlink("far/app-1.so", watched.folder / "app.so");
  watched.watch.watch({watched.folder / "app.so"}, {});
  watched.write(watched.folder / "far/app-1.so");
  CHECK(watched.news() == News{"writing app-1.so", "closed app-1.so"});
  fs::create_symlink("far/app-2.so", watched.folder / "next");
  fs::rename(watched.folder / "next", watched.folder / "app.so");
  CHECK(watched.news().back() == "elsewhere");
}

TEST_CASE("FileWatch: a path that leads nowhere is waited for, however much of it is missing") {
  Watched watched;
  watched.watch.watch({}, {watched.folder / "a/b"});
  CHECK(watched.watch.complaint().empty());
  fs::create_directory(watched.folder / "a");
  CHECK(watched.news() == News{"elsewhere"});
  fs::create_directory(watched.folder / "a/b");
  CHECK(watched.news() == News{"elsewhere"});
  watched.write(watched.folder / "a/b/app.so");
  CHECK_FALSE(watched.news().empty());
}

TEST_CASE("FileWatch: links in a circle are no way") {
  Watched watched;
  fs::create_symlink("two", watched.folder / "one");
  fs::create_symlink("one", watched.folder / "two");
  watched.watch.watch({watched.folder / "one/app.so"}, {});
  CHECK(watched.watch.is_active());
  CHECK(watched.news().empty());
}

TEST_CASE("FileWatch: after stop nothing is told") {
  Watched watched;
  watched.watch.watch({}, {watched.folder.path()});
  watched.watch.stop();
  watched.write(watched.folder / "app.so");
  CHECK(watched.news().empty());
}
