#include "worker/static_files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/errno_text.h"
#include "http/accept_encoding.h"
#include "http/compression.h"
#include "http/media_type.h"
#include "worker/static_path.h"

namespace appserver::worker {
namespace {

constexpr std::string_view kNoSuchFile = "There is no such file.";

FileAnswer not_allowed() {
  FileAnswer answer = answer_with_error(405, "Files can only be read: use GET or HEAD.");
  answer.fields.push_back({"Allow", "GET, HEAD"});
  return answer;
}

FileAnswer cannot_open(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case EXDEV:  // Leads out of the folder.
    case ELOOP:
    case ENXIO:  // A socket.
    case ENODEV:
      return answer_with_error(404, kNoSuchFile);
    case EACCES:
      return answer_with_error(403, "The server may not read this file.");
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN: {
      FileAnswer answer = answer_with_error(503, "The server cannot open more files right now.");
      answer.fields.push_back({"Retry-After", "1"});
      return answer;
    }
    default:
      return answer_with_error(500, "The server failed to open this file.");
  }
}

bool is_older(const struct stat& a, const struct stat& b) {
  return std::pair(a.st_mtim.tv_sec, a.st_mtim.tv_nsec) <
         std::pair(b.st_mtim.tv_sec, b.st_mtim.tv_nsec);
}

// A file that holds the same content in a coding, beside the one that holds it plain.
struct PackedForm {
  std::string_view coding;
  std::string_view extension;
  std::uint16_t quality = 0;  // As the client has it.
};

// Those that the client wants at least as much as the plain file, the best first; br before gzip if
// it likes both, as it is smaller.
std::vector<PackedForm> wanted_forms(const http::RequestHead& head) {
  const auto accepted = http::read_accept_encoding(head);
  std::vector<PackedForm> forms;
  for (const PackedForm& form :
       {PackedForm{"br", ".br", accepted.br}, PackedForm{"gzip", ".gz", accepted.gzip}}) {
    if (form.quality > 0 && form.quality >= accepted.identity) {
      forms.push_back(form);
    }
  }
  std::stable_sort(forms.begin(), forms.end(),
                   [](const PackedForm& a, const PackedForm& b) { return a.quality > b.quality; });
  return forms;
}

}  // namespace

Result<StaticFiles> StaticFiles::open(const std::vector<std::string>& mounts,
                                      std::chrono::seconds max_age) {
  StaticFiles files;
  files.cache_control_ =
      max_age.count() > 0 ? "max-age=" + std::to_string(max_age.count()) : "no-cache";
  for (const std::string& mount : mounts) {
    if (auto added = files.add(mount); !added) {
      return failure(std::move(added).error());
    }
  }
  std::sort(files.mounts_.begin(), files.mounts_.end(),
            [](const Mount& a, const Mount& b) { return a.prefix.size() > b.prefix.size(); });
  if (!files.mounts_.empty()) {
    files.how_ = beneath_support(files.mounts_.front().directory.get());
  }
  return files;
}

Result<Ok> StaticFiles::add(const std::string& mount) {
  auto point = parse_mount_point(mount);
  if (!point) {
    return failure(std::move(point).error());
  }
  if (std::any_of(mounts_.begin(), mounts_.end(),
                  [&point](const Mount& other) { return other.prefix == point->prefix; })) {
    return failure("static prefix \"" + point->prefix +
                   "/\" is given twice: a prefix has one directory");
  }
  const std::string directory = "static directory " + point->directory;
  UniqueFd fd(::open(point->directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open()) {
    return failure("cannot open " + directory + ": " + errno_text(errno) +
                   ": check that it exists; a relative one starts at --chdir");
  }
  if (::faccessat(fd.get(), ".", X_OK, AT_EACCESS) != 0) {
    return failure("cannot search " + directory + ": " + errno_text(errno) +
                   ": the user of the workers (uid " + std::to_string(::geteuid()) +
                   ") needs the permission x on it");
  }
  mounts_.push_back({std::move(point->prefix), std::move(fd)});
  return ok();
}

StaticFiles::Place StaticFiles::find(std::string_view path) const {
  for (const Mount& mount : mounts_) {
    if (const auto rest = path_below(path, mount.prefix)) {
      return {&mount, *rest};
    }
  }
  return {};
}

std::optional<FileAnswer> StaticFiles::answer(const http::RequestHead& head) const {
  const Place place = find(head.path);
  if (place.mount == nullptr) {
    return std::nullopt;
  }
  if (head.method != "GET" && head.method != "HEAD") {
    return not_allowed();
  }
  return answer_below(*place.mount, place.rest, head);
}

FileAnswer StaticFiles::answer_below(const Mount& mount, std::string_view rest,
                                     const http::RequestHead& head) const {
  auto path = read_static_path(rest);
  if (!path) {
    return answer_with_error(path.error().status, path.error().reason);
  }
  if (path->relative.empty() && !path->names_folder) {
    return redirect_to_folder(head);
  }
  if (path->names_folder) {
    path->relative.append(path->relative.empty() ? "" : "/").append("index.html");
  }
  auto file = open_file(mount, path->relative);
  if (!file) {
    return cannot_open(file.error());
  }
  if (S_ISDIR(file->status.st_mode) && !path->names_folder) {
    return redirect_to_folder(head);
  }
  if (!S_ISREG(file->status.st_mode)) {
    return answer_with_error(404, kNoSuchFile);
  }
  return answer_with(mount, path->relative, std::move(*file), head);
}

// The path is the client's own and has no empty segment in front, so that it cannot be read as the
// name of another host.
FileAnswer StaticFiles::redirect_to_folder(const http::RequestHead& head) const {
  FileAnswer answer;
  answer.status = 301;
  std::string location = std::string(head.path) + "/";
  if (!head.query.empty()) {
    location.append("?").append(head.query);
  }
  answer.fields.push_back({"Location", std::move(location)});
  answer.fields.push_back({"Cache-Control", cache_control_});
  return answer;
}

FileAnswer StaticFiles::answer_with(const Mount& mount, const std::string& path, OpenFile file,
                                    const http::RequestHead& head) const {
  FileTraits traits{http::media_type_of(path), cache_control_, {}};
  if (!http::is_compressible(traits.content_type)) {
    return answer_with_file(head, std::move(file.fd), file.status, traits);
  }
  std::array<http::Field, 2> fields{http::Field{"Vary", "Accept-Encoding"}, {}};
  traits.extra = std::span(fields).first(1);
  for (const PackedForm& form : wanted_forms(head)) {
    auto packed = open_file(mount, path + std::string(form.extension));
    if (packed && S_ISREG(packed->status.st_mode) && !is_older(packed->status, file.status)) {
      file = std::move(*packed);
      fields[1] = {"Content-Encoding", form.coding};
      traits.extra = fields;
      break;
    }
  }
  return answer_with_file(head, std::move(file.fd), file.status, traits);
}

Result<StaticFiles::OpenFile, int> StaticFiles::open_file(const Mount& mount,
                                                          const std::string& path) const {
  auto fd = open_beneath(mount.directory.get(), path, how_);
  if (!fd) {
    return failure(int{fd.error()});
  }
  OpenFile file{std::move(*fd), {}};
  if (::fstat(file.fd.get(), &file.status) != 0) {
    return failure(int{errno});
  }
  return file;
}

}  // namespace appserver::worker
