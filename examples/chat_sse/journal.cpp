#include "journal.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace chat {
namespace {

constexpr std::array<char, 8> kMagic{'c', 'h', 'a', 't', 's', 's', 'e', '1'};

struct Header {
  std::array<char, 8> magic{};
  std::uint64_t slots = 0;
  std::uint64_t first = 0;  // The id that the first message got, or will get.
  std::uint64_t last = 0;
};

struct Slot {
  std::uint64_t id = 0;
  std::uint32_t room_size = 0;
  std::uint32_t text_size = 0;
  std::array<char, kMaxRoom + kMaxText> bytes{};
};

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw std::runtime_error("the journal " + path + ": " + what);
}

[[noreturn]] void fail_with_errno(const std::string& path, const char* what) {
  fail(path, std::string(what) + ": " + std::strerror(errno));
}

off_t place_of(std::uint64_t id, std::uint64_t slots) {
  return static_cast<off_t>(sizeof(Header) + id % slots * sizeof(Slot));
}

template <typename Record>
void read_at(int fd, const std::string& path, off_t at, Record& record) {
  if (::pread(fd, &record, sizeof record, at) != static_cast<ssize_t>(sizeof record)) {
    fail_with_errno(path, "cannot be read");
  }
}

template <typename Record>
void write_at(int fd, const std::string& path, off_t at, const Record& record) {
  if (::pwrite(fd, &record, sizeof record, at) != static_cast<ssize_t>(sizeof record)) {
    fail_with_errno(path, "cannot be written");
  }
}

// Holds the file's lock: LOCK_SH to read, LOCK_EX to write.
class FileLock {
 public:
  FileLock(int fd, const std::string& path, int kind) : fd_(fd) {
    while (::flock(fd_, kind) != 0) {
      if (errno != EINTR) {
        fail_with_errno(path, "cannot be locked");
      }
    }
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() { ::flock(fd_, LOCK_UN); }

 private:
  int fd_;
};

std::uint64_t microseconds_since_1970() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

}  // namespace

Journal::Journal(const std::string& path, std::uint64_t slots)
    : path_(path), slots_(slots), fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
  if (fd_ < 0) {
    fail_with_errno(path_, "cannot be opened");
  }
  try {
    prepare();
  } catch (...) {
    ::close(fd_);
    throw;
  }
}

Journal::~Journal() {
  ::close(fd_);
}

void Journal::prepare() {
  const FileLock lock(fd_, path_, LOCK_EX);
  struct stat status {};
  if (::fstat(fd_, &status) != 0) {
    fail_with_errno(path_, "cannot be looked at");
  }
  Header header;
  if (status.st_size > 0) {
    const auto read = ::pread(fd_, &header, sizeof header, 0);
    if (read == static_cast<ssize_t>(sizeof header) && header.magic == kMagic &&
        header.slots == slots_) {
      return;
    }
    fail(path_, "is not a journal of this service; remove it, or name another one");
  }
  // Now, so that a disk which is full later costs no message.
  if (const int error = ::posix_fallocate(
          fd_, 0, place_of(slots_ - 1, slots_) + static_cast<off_t>(sizeof(Slot)));
      error != 0) {
    ::ftruncate(fd_, 0) == 0 ? fail(path_, std::strerror(error)) : fail_with_errno(path_, "");
  }
  header = {kMagic, slots_, microseconds_since_1970(), 0};
  header.last = header.first - 1;
  write_at(fd_, path_, 0, header);
}

std::uint64_t Journal::append(std::string_view room, std::string_view text) {
  if (room.size() > kMaxRoom || text.size() > kMaxText) {
    throw std::invalid_argument("a message that is too long for the journal");
  }
  const FileLock lock(fd_, path_, LOCK_EX);
  Header header;
  read_at(fd_, path_, 0, header);
  Slot slot;
  slot.id = ++header.last;
  slot.room_size = static_cast<std::uint32_t>(room.size());
  slot.text_size = static_cast<std::uint32_t>(text.size());
  std::copy(text.begin(), text.end(), std::copy(room.begin(), room.end(), slot.bytes.begin()));
  write_at(fd_, path_, place_of(slot.id, slots_), slot);
  write_at(fd_, path_, 0, header);
  return slot.id;
}

std::vector<Entry> Journal::after(std::uint64_t id) const {
  const FileLock lock(fd_, path_, LOCK_SH);
  Header header;
  read_at(fd_, path_, 0, header);
  const std::uint64_t kept = std::min(header.last - (header.first - 1), slots_);
  std::vector<Entry> entries;
  Slot slot;
  for (std::uint64_t next = std::max(id, header.last - kept) + 1; next <= header.last; ++next) {
    read_at(fd_, path_, place_of(next, slots_), slot);
    // Another id: the machine went down before the slot was on the disk.
    if (slot.id == next && slot.room_size <= kMaxRoom && slot.text_size <= kMaxText) {
      entries.push_back({next, std::string(slot.bytes.data(), slot.room_size),
                         std::string(slot.bytes.data() + slot.room_size, slot.text_size)});
    }
  }
  return entries;
}

std::uint64_t Journal::last() const {
  const FileLock lock(fd_, path_, LOCK_SH);
  Header header;
  read_at(fd_, path_, 0, header);
  return header.last;
}

}  // namespace chat
