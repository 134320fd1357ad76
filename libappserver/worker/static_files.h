#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/open_beneath.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "http/request_head.h"
#include "worker/file_answer.h"

namespace appserver::worker {

// The folders that are served below a prefix without asking the app (`--static /PREFIX=DIRECTORY`).
// Immutable once opened. [worker]
//
// What belongs to a prefix belongs to its folder alone: a path for which there is no file is 404
// and never falls through to the app, so that nobody has to think of both to know who answers. The
// longest prefix wins. A folder is held open from the start: a symbolic link that is changed to
// another release takes effect with the next reload, not in the middle of a page.
class StaticFiles {
 public:
  // Nothing is served.
  StaticFiles() = default;

  // Opens the folders; relative ones from the current directory. An empty list is fine.
  // `max_age` goes into Cache-Control; 0 is `no-cache`: caches keep the file and ask each time
  // whether it is still the same.
  // Requires: the process has the user and the directory that it will serve with.
  // Errors: a mount that is not of the form, a prefix that comes twice, a folder that cannot be
  // opened or that this user may not search.
  [[nodiscard]] static Result<StaticFiles> open(const std::vector<std::string>& mounts,
                                                std::chrono::seconds max_age);

  // Whether answer() answers a request for this path (not decoded). One comparison if nothing is
  // served.
  [[nodiscard]] bool matches(std::string_view path) const {
    return !mounts_.empty() && find(path).mount != nullptr;
  }

  // Answers with the file, with a redirect to the same path with a slash for a folder, or with the
  // refusal. Returns: nullopt if the path belongs to no prefix. The answer keeps no view of `head`.
  //
  // 200, 206, 304, 412, 416  see answer_with_file()
  // 301  a folder without a slash at the end; with one its index.html is served, never a listing
  // 400  a malformed escape or NUL in the path
  // 403  a file that the user of the workers may not read
  // 404  no such file; not a regular one; a hidden one; a symbolic link that leads out of the
  //      folder; a path that read_static_path() refuses
  // 405  another method than GET and HEAD, whether there is a file or not
  // 500, 503  the system failed, or has no descriptors left (with Retry-After)
  //
  // A type that is worth compressing gets `Vary: Accept-Encoding`, and FILE.br or FILE.gz is sent
  // instead of FILE if the client wants that coding at least as much as FILE itself, and it is not
  // older than FILE. A client that forbids every coding there is gets FILE (RFC 9110 section
  // 12.5.3 allows it).
  //
  // Costs a lookup for FILE and one for each wanted coding. Reading a path from a disk may take its
  // time, as every file in a worker does.
  [[nodiscard]] std::optional<FileAnswer> answer(const http::RequestHead& head) const;

 private:
  struct Mount {
    std::string prefix;
    UniqueFd directory;  // O_PATH
  };
  struct Place {
    const Mount* mount = nullptr;
    std::string_view rest;  // Of the path, behind the prefix.
  };
  struct OpenFile {
    UniqueFd fd;
    struct stat status {};
  };

  [[nodiscard]] Result<Ok> add(const std::string& mount);
  [[nodiscard]] Place find(std::string_view path) const;
  [[nodiscard]] FileAnswer answer_below(const Mount& mount, std::string_view rest,
                                        const http::RequestHead& head) const;
  [[nodiscard]] FileAnswer redirect_to_folder(const http::RequestHead& head) const;
  [[nodiscard]] FileAnswer answer_with(const Mount& mount, const std::string& path, OpenFile file,
                                       const http::RequestHead& head) const;
  [[nodiscard]] Result<OpenFile, int> open_file(const Mount& mount, const std::string& path) const;

  std::vector<Mount> mounts_;  // The longest prefix first.
  Beneath how_ = Beneath::Kernel;
  std::string cache_control_;
};

}  // namespace appserver::worker
