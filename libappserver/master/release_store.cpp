#include "master/release_store.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "app/sha256.h"
#include "base/errno_text.h"
#include "base/private_folder.h"

namespace appserver::master {
namespace {

using observe::KeptFile;
using observe::KeptRelease;
using observe::ReleaseIndex;

constexpr const char* kIndex = "/index.json";
constexpr const char* kEarlierIndex = "/index.json.old";
// Longer than the kernel leaves written bytes in memory only: 30 seconds and some, see
// vm.dirty_expire_centisecs in Documentation/admin-guide/sysctl/vm.rst.
constexpr std::chrono::seconds kOnDiskAfter{60};
constexpr mode_t kMode = 0600;

std::int64_t seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// A file that takes the place of another one only when it is whole.
class NewFile {
 public:
  explicit NewFile(std::string path) : path_(std::move(path)), draft_(path_ + ".new") {
    ::unlink(draft_.c_str());  // Of a server that was killed.
    fd_.reset(::open(draft_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode));
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    if (!is_in_place_) {
      ::unlink(draft_.c_str());
    }
  }

  [[nodiscard]] int fd() const { return fd_.get(); }
  // Nobody waits until the disk has the bytes: that takes seconds on one that is busy, and the
  // master does nothing else meanwhile. What is not whole after a crash of the machine is told by
  // its digest, and the index has an earlier one beside it.
  [[nodiscard]] Result<Ok> put_in_place() {
    if (::rename(draft_.c_str(), path_.c_str()) != 0) {
      return complain();
    }
    is_in_place_ = true;
    return ok();
  }
  // About the call that failed just now.
  [[nodiscard]] Failure<Error> complain() const {
    return failure("cannot write " + path_ + ": " + errno_text(errno));
  }

 private:
  std::string path_;
  std::string draft_;
  UniqueFd fd_;
  bool is_in_place_ = false;
};

// The app, then its libraries.
std::vector<const app::SnapshotFile*> files_of(const app::Snapshot& snapshot) {
  std::vector<const app::SnapshotFile*> files{&snapshot.app};
  for (const app::SnapshotFile& library : snapshot.libraries) {
    files.push_back(&library);
  }
  return files;
}

// Nothing: there is no such file. Errors: it is not an index.
Result<std::optional<ReleaseIndex>> read_index_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return std::optional<ReleaseIndex>();
  }
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto index = observe::read_index(text);
  if (!index) {
    return failure(std::move(index.error()));
  }
  return std::optional(std::move(*index));
}

// Keeps the index that is about to be replaced, if the disk has it by now.
void keep_earlier_index(const std::string& folder) {
  std::error_code error;
  const auto written = std::filesystem::last_write_time(folder + kIndex, error);
  const auto now = std::filesystem::file_time_type::clock::now();
  if (!error && now - written >= kOnDiskAfter) {
    std::filesystem::remove(folder + kEarlierIndex, error);
    std::filesystem::create_hard_link(folder + kIndex, folder + kEarlierIndex, error);
  }
}

bool copy_all(int from, int to, std::uint64_t size) {
  off_t at = 0;
  while (static_cast<std::uint64_t>(at) < size) {
    const ssize_t sent = ::sendfile(to, from, &at, size - static_cast<std::uint64_t>(at));
    if (sent <= 0) {
      errno = sent == 0 ? EIO : errno;
      return false;
    }
  }
  return true;
}

}  // namespace

std::string default_state_folder(const std::string& name) {
  return runtime_folder() + "/" + name;
}

Result<ReleaseStore> ReleaseStore::open(const std::string& folder, std::size_t keep) {
  for (const std::string& each : {folder, folder + "/files"}) {
    if (auto made = make_private_folder(each); !made) {
      return failure(std::move(made.error()));
    }
  }
  const std::string path = folder + "/lock";
  UniqueFd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, kMode));
  if (!lock.is_open()) {
    return failure("cannot open " + path + ": " + errno_text(errno));
  }
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return failure(folder +
                   " belongs to another server that runs; give this one a --name or a "
                   "--state-dir of its own");
  }
  ReleaseStore store(folder, std::move(lock), keep);
  store.read();
  return store;
}

void ReleaseStore::read() {
  auto index = read_index_file(folder_ + kIndex);
  if (!index) {
    put_index_aside(index.error().message);
    index = read_index_file(folder_ + kEarlierIndex);
    complaint_ += index && *index ? "; that of before it is taken" : "";
  }
  if (index && *index) {
    index_ = std::move(**index);
  }
}

void ReleaseStore::put_index_aside(const std::string& why) {
  const std::string path = folder_ + kIndex;
  complaint_ = why + "; it is put aside as " + path + ".damaged";
  ::rename(path.c_str(), (path + ".damaged").c_str());
}

const KeptRelease* ReleaseStore::live(const std::string& mount) const {
  const auto found = index_.standing.find(mount);
  const bool is_known = found != index_.standing.end() && found->second.live;
  return is_known ? index_.find(*found->second.live) : nullptr;
}

const KeptRelease* ReleaseStore::previous(const std::string& mount) const {
  const auto found = index_.standing.find(mount);
  const bool is_known = found != index_.standing.end() && found->second.previous;
  return is_known ? index_.find(*found->second.previous) : nullptr;
}

std::string ReleaseStore::file_path(const KeptFile& file) const {
  return folder_ + "/files/" + file.sha256;
}

// --- writing ---

Result<unsigned> ReleaseStore::keep(const app::MountedSnapshot& app, const std::string& who) {
  const app::Snapshot& snapshot = app.snapshot;
  KeptRelease release;
  release.number = index_.next;
  release.mount = config::label_of(app.mount);
  release.build_id = snapshot.app.build_id;
  release.who = who;
  release.taken_at = seconds_now();
  for (const app::SnapshotFile* const file : files_of(snapshot)) {
    auto kept = keep_file(*file);
    if (!kept) {
      sweep();
      return failure(std::move(kept.error()));
    }
    release.files.push_back(std::move(*kept));
  }
  if (const auto* same = live(release.mount); same != nullptr && same->files == release.files) {
    return same->number;
  }
  ReleaseIndex next = index_;
  ++next.next;
  next.releases.push_back(std::move(release));
  observe::prune(next, std::max<std::size_t>(keep_, 1));
  auto saved = save(std::move(next));
  sweep();
  if (!saved) {
    return failure(std::move(saved.error()));
  }
  return index_.next - 1;
}

Result<KeptFile> ReleaseStore::keep_file(const app::SnapshotFile& file) const {
  auto digest = app::sha256_of(file.fd.get());
  if (!digest) {
    return failure("cannot keep " + file.path + ": " + digest.error().message);
  }
  KeptFile kept{file.path, std::move(*digest), file.size};
  std::error_code error;
  if (std::filesystem::file_size(file_path(kept), error) == kept.size && !error) {
    return kept;
  }
  NewFile copy(file_path(kept));
  if (copy.fd() < 0 || !copy_all(file.fd.get(), copy.fd(), file.size)) {
    return copy.complain();
  }
  if (auto placed = copy.put_in_place(); !placed) {
    return failure(std::move(placed.error()));
  }
  return kept;
}

Result<Ok> ReleaseStore::describe(unsigned number, const std::string& name,
                                  const std::string& version) {
  ReleaseIndex next = index_;
  KeptRelease* const release = next.find(number);
  if (release == nullptr || (release->name == name && release->version == version)) {
    return ok();
  }
  release->name = name;
  release->version = version;
  return save(std::move(next));
}

Result<Ok> ReleaseStore::note_live(unsigned number) {
  ReleaseIndex next = index_;
  KeptRelease* const release = next.find(number);
  if (release == nullptr) {
    return ok();
  }
  observe::Standing& standing = next.standing[release->mount];
  if (standing.live != number) {
    standing.previous = std::exchange(standing.live, number);
  }
  release->outcome = "live";
  release->why.clear();
  return save(std::move(next));
}

Result<Ok> ReleaseStore::note_outcome(unsigned number, std::string_view outcome,
                                      const std::string& why) {
  ReleaseIndex next = index_;
  KeptRelease* const release = next.find(number);
  if (release == nullptr) {
    return ok();
  }
  release->outcome = outcome;
  release->why = why;
  return save(std::move(next));
}

Result<Ok> ReleaseStore::save(ReleaseIndex next) {
  if (next == index_) {
    return ok();
  }
  const std::string text = observe::write_index(next);
  NewFile file(folder_ + kIndex);
  if (file.fd() < 0 ||
      ::write(file.fd(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return file.complain();
  }
  keep_earlier_index(folder_);
  auto placed = file.put_in_place();
  if (placed) {
    index_ = std::move(next);
  }
  return placed;
}

void ReleaseStore::sweep() const {
  std::set<std::string> wanted;
  for (const KeptRelease& release : index_.releases) {
    for (const KeptFile& file : release.files) {
      wanted.insert(file.sha256);
    }
  }
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/files", error)) {
    if (!wanted.contains(entry.path().filename().string())) {
      std::error_code ignored;  // It stays a little longer then.
      std::filesystem::remove(entry.path(), ignored);
    }
  }
}

// --- reading ---

Result<app::Snapshot> ReleaseStore::load(const KeptRelease& release) const {
  std::vector<app::KeptCopy> copies;
  for (const KeptFile& file : release.files) {
    copies.push_back({file.path, file_path(file)});
  }
  auto snapshot = app::snapshot_of_copies(copies);
  if (!snapshot) {
    return failure("release " + std::to_string(release.number) +
                   " cannot be taken from where it is kept: " + snapshot.error().message);
  }
  const auto files = files_of(*snapshot);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto digest = app::sha256_of(files[i]->fd.get());
    if (!digest || *digest != release.files[i].sha256) {
      return failure("the kept copy of " + release.files[i].path + " (release " +
                     std::to_string(release.number) + ") is not as it was");
    }
  }
  return std::move(*snapshot);
}

}  // namespace appserver::master
