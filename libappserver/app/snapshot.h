#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/load_error.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace appserver::app {

// One file of a snapshot.
struct SnapshotFile {
  std::string path;  // where it was found, absolute; what people know it by
  UniqueFd fd;       // its private copy: a sealed memfd, close-on-exec, inherited by forks
  std::uint64_t size = 0;
  std::uint64_t digest = 0;  // FNV-1a, 64 bit; equal files have equal digests
  std::string build_id;      // NT_GNU_BUILD_ID in hexadecimal; empty when the linker made none
};

// A release of an app as an immutable copy: whatever happens to the files afterwards, every worker
// that is ever started from it runs the same code.
//
// $ORIGIN means nothing inside a memfd. So the libraries that the app finds through its own
// DT_RUNPATH or DT_RPATH, and those that they find through theirs, are part of the copy and are
// loaded before the app; the dynamic linker then recognises them by their DT_SONAME. Libraries of
// the system (its default search, LD_LIBRARY_PATH, an absolute path in DT_NEEDED) are not copied.
//
// An app that is linked into the program has nothing to be copied: app.path is the program's then,
// and app.fd is not open.
struct Snapshot {
  SnapshotFile app;
  std::vector<SnapshotFile> libraries;  // each stands behind the libraries that it needs
};

// The path as messages and snapshots show it: seen from the working directory of this moment,
// symbolic links left alone. [any]
[[nodiscard]] std::string absolute_path(std::string_view path);

// "fnv1a64:" and 16 hexadecimal digits. [any]
[[nodiscard]] std::string digest_text(std::uint64_t digest);

// Takes the snapshot. Reads bytes only and runs nothing of the app; takes as long as the copying.
// [master] [check child]
// Search rules of ld.so(8) that are left out: the glibc-hwcaps sub-directories, $LIB and $PLATFORM.
// Returns an error of make_private_copy() or parse_elf(), or UnusableLibrary: a library beside the
// app that lacks the DT_SONAME by which the dynamic linker could recognise its copy, or libraries
// that need one another in a circle. On error nothing is left behind.
[[nodiscard]] Result<Snapshot, LoadError> take_snapshot(const std::string& path);

// What stands for an app that is linked into the program that runs. [any]
[[nodiscard]] Snapshot snapshot_of_linked_app();
[[nodiscard]] inline bool is_linked(const Snapshot& snapshot) noexcept {
  return !snapshot.app.fd.is_open();
}

// A copy of a file that was part of a snapshot.
struct KeptCopy {
  std::string path;  // of the original
  std::string copy;
};

// The snapshot again, from copies of all its files in their order: the app, then the libraries.
// What the files need is not looked for anew. [master] Requires: there is an app. Returns an error
// of make_private_copy() or parse_elf().
[[nodiscard]] Result<Snapshot, LoadError> snapshot_of_copies(const std::vector<KeptCopy>& copies);

}  // namespace appserver::app
