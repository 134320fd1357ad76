#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/mounted_app.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "observe/release_index.h"

namespace appserver::master {

// The releases of a server that outlive it, in a folder of its own:
//
//   index.json        what is known of each; replaced as a whole
//   index.json.old    an earlier one, in case that the machine crashed before the disk had the last
//   files/SHA256      the bytes of the apps and their libraries, each once
//   lock              held as long as the server runs: two would not know of each other's releases
//
// What is executed is never a file of this folder, but a copy in memory that was compared with its
// digest. [master]
class ReleaseStore {
 public:
  // Makes the folder if there is none. An index that cannot be read is put aside, and the earlier
  // one is taken; without one the store begins anew.
  // Errors: a folder that is not this user's or cannot be made, or another server that has it.
  [[nodiscard]] static Result<ReleaseStore> open(const std::string& folder, std::size_t keep);

  ReleaseStore(ReleaseStore&&) noexcept = default;
  ReleaseStore& operator=(ReleaseStore&&) noexcept = default;
  ReleaseStore(const ReleaseStore&) = delete;
  ReleaseStore& operator=(const ReleaseStore&) = delete;
  ~ReleaseStore() = default;

  // Keeps a release and gives it the next number; one with the same files as the live one of its
  // mount is that one. The oldest ones of the mount beyond the limit are dropped.
  // Errors: a full disk, say; then nothing of it is left, and all others are as they were.
  [[nodiscard]] Result<unsigned> keep(const app::MountedSnapshot& app, const std::string& who);
  // What the app says of itself.
  Result<Ok> describe(unsigned number, const std::string& name, const std::string& version);
  Result<Ok> note_live(unsigned number);
  Result<Ok> note_outcome(unsigned number, std::string_view outcome, const std::string& why);
  void keep_at_most(std::size_t keep) { keep_ = keep; }

  [[nodiscard]] const observe::ReleaseIndex& index() const { return index_; }
  // That of a mount (by its label) which is or was live; that was live before it. Null: there is
  // none.
  [[nodiscard]] const observe::KeptRelease* live(const std::string& mount = "/") const;
  [[nodiscard]] const observe::KeptRelease* previous(const std::string& mount = "/") const;

  // The release as it was when it was kept. Errors: files that are gone or not as they were.
  [[nodiscard]] Result<app::Snapshot> load(const observe::KeptRelease& release) const;

  // What was wrong with the index that was found; empty if it was as it should be.
  [[nodiscard]] const std::string& complaint() const { return complaint_; }

 private:
  ReleaseStore(std::string folder, UniqueFd lock, std::size_t keep)
      : folder_(std::move(folder)), lock_(std::move(lock)), keep_(keep) {}

  [[nodiscard]] std::string file_path(const observe::KeptFile& file) const;
  [[nodiscard]] Result<observe::KeptFile> keep_file(const app::SnapshotFile& file) const;
  void read();
  void put_index_aside(const std::string& why);
  [[nodiscard]] Result<Ok> save(observe::ReleaseIndex next);
  // Removes the files that no release has.
  void sweep() const;

  std::string folder_;
  UniqueFd lock_;
  std::size_t keep_;
  observe::ReleaseIndex index_;
  std::string complaint_;
};

// The folder of the server of this name, if none is configured.
[[nodiscard]] std::string default_state_folder(const std::string& name);

}  // namespace appserver::master
