#pragma once

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "base/unique_fd.h"
#include "http/request_head.h"
#include "worker/file_answer.h"

// What the tests of file answers share: making requests and files, and looking at answers.
namespace appserver::worker::testing {

inline http::RequestHead request(std::string_view method, std::string_view path,
                                 std::vector<http::Field> fields = {}) {
  http::RequestHead head;
  head.method = method;
  head.target = path;
  head.path = path.substr(0, path.find('?'));
  head.query = path.substr(std::min(head.path.size() + 1, path.size()));
  head.fields = std::move(fields);
  return head;
}

// Writes a file that was last changed at this second of 1970 and later.
inline void write_file(const std::filesystem::path& path, std::string_view content,
                       time_t changed = 784111777, long nanoseconds = 0) {
  std::ofstream(path, std::ios::binary) << content;
  const timespec times[2] = {{changed, nanoseconds}, {changed, nanoseconds}};
  if (::utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) {
    throw std::runtime_error("cannot set the time of " + path.string());
  }
}

inline std::string field(const FileAnswer& answer, std::string_view name) {
  std::string value;
  for (const OwnedField& candidate : answer.fields) {
    if (candidate.name == name) {
      value += (value.empty() ? "" : ", ") + candidate.value;
    }
  }
  return value;
}

// The body as its sender would send it, every part of the file included.
inline std::string body_of(const FileAnswer& answer) {
  std::string body = answer.text;
  for (const FileAnswer::Piece& piece : answer.pieces) {
    std::string bytes(piece.length, '\0');
    const ssize_t got =
        ::pread(answer.file.get(), bytes.data(), bytes.size(), static_cast<off_t>(piece.offset));
    if (got != static_cast<ssize_t>(bytes.size())) {
      throw std::runtime_error("a piece is not inside of the file");
    }
    body += piece.before + bytes;
  }
  return body + answer.after;
}

}  // namespace appserver::worker::testing
