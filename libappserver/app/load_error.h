#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace appserver::app {

// Why a path did not become a running app. `message` is for people: it names the file by the path
// that the operator knows (never by the private copy), says what is wrong and what to do.
struct LoadError {
  enum class Kind : std::uint8_t {
    NoSuchFile,
    Unreadable,         // permissions, or an error of the disk
    NotAFile,           // a directory, FIFO, socket or device
    NotElf,             // also: empty
    Damaged,            // ELF, but it ends early or contradicts itself
    OtherArchitecture,  // built for another machine
    NotASharedObject,   // a program, an object file, a core dump
    ChangedWhileCopied,
    SnapshotFailed,   // no memory, no descriptors, no /proc
    UnusableLibrary,  // a library beside the app that cannot be part of the snapshot
    MissingLibrary,
    LibraryTooOld,  // present, but without a symbol version that the app was linked against
    UnresolvedSymbol,
    CannotLoad,  // any other refusal of the dynamic linker
    NoEntrySymbol,
    WrongAbiMajor,
    BadDescription,
    SetupFailed,
    LoadHookFailed,
    StartedThreads,
    Crashed,
    BootTimeout,
  };
  Kind kind;
  std::string message;
};

// The kind as a word for logs and JSON: "no_such_file". [any]
[[nodiscard]] constexpr std::string_view to_string(LoadError::Kind kind) noexcept {
  using Kind = LoadError::Kind;
  switch (kind) {
    case Kind::NoSuchFile:
      return "no_such_file";
    case Kind::Unreadable:
      return "unreadable";
    case Kind::NotAFile:
      return "not_a_file";
    case Kind::NotElf:
      return "not_elf";
    case Kind::Damaged:
      return "damaged";
    case Kind::OtherArchitecture:
      return "other_architecture";
    case Kind::NotASharedObject:
      return "not_a_shared_object";
    case Kind::ChangedWhileCopied:
      return "changed_while_copied";
    case Kind::SnapshotFailed:
      return "snapshot_failed";
    case Kind::UnusableLibrary:
      return "unusable_library";
    case Kind::MissingLibrary:
      return "missing_library";
    case Kind::LibraryTooOld:
      return "library_too_old";
    case Kind::UnresolvedSymbol:
      return "unresolved_symbol";
    case Kind::CannotLoad:
      return "cannot_load";
    case Kind::NoEntrySymbol:
      return "no_entry_symbol";
    case Kind::WrongAbiMajor:
      return "wrong_abi_major";
    case Kind::BadDescription:
      return "bad_description";
    case Kind::SetupFailed:
      return "setup_failed";
    case Kind::LoadHookFailed:
      return "load_hook_failed";
    case Kind::StartedThreads:
      return "started_threads";
    case Kind::Crashed:
      return "crashed";
    case Kind::BootTimeout:
      return "boot_timeout";
  }
  return "unknown";
}

}  // namespace appserver::app
