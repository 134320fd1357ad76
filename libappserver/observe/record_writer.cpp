#include "observe/record_writer.h"

#include <cerrno>
#include <cstddef>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace appserver::observe {
namespace {

// A signal that arrives before the first byte is written makes the call fail with EINTR; so many in
// a row mean a flood, in which a log record is the smallest worry.
constexpr int kTries = 4;

template <typename Call>
bool wrote_everything(std::size_t size, Call call) noexcept {
  for (int i = 0; i < kTries; ++i) {
    const ssize_t written = call();
    if (written >= 0) {
      return static_cast<std::size_t>(written) == size;
    }
    if (errno != EINTR) {
      return false;
    }
  }
  return false;
}

ssize_t write_without_waiting(int fd, std::string_view piece) noexcept {
  // O_NONBLOCK would belong to the open file description and so hit every process that shares it,
  // such as the shell that started us. RWF_NOWAIT is for this one call, but Linux before 6.5
  // refuses it for pipes; there the preceding poll has promised room for PIPE_BUF bytes.
  const iovec part{const_cast<char*>(piece.data()), piece.size()};
  const ssize_t written = ::pwritev2(fd, &part, 1, -1, RWF_NOWAIT);
  if (written < 0 && (errno == EOPNOTSUPP || errno == ENOSYS)) {
    return ::write(fd, piece.data(), piece.size());
  }
  return written;
}

bool has_room(int fd) noexcept {
  pollfd wanted{.fd = fd, .events = POLLOUT, .revents = 0};
  return ::poll(&wanted, 1, 0) == 1;
}

// As many whole lines as fit into PIPE_BUF; a longer line is cut, as nothing keeps it together.
std::string_view next_piece(std::string_view records) noexcept {
  if (records.size() <= PIPE_BUF) {
    return records;
  }
  const std::size_t end_of_line = records.rfind('\n', PIPE_BUF - 1);
  return records.substr(0, end_of_line == records.npos ? PIPE_BUF : end_of_line + 1);
}

}  // namespace

RecordWriter::RecordWriter(int fd) noexcept
    : fd_(fd), kind_([fd] {
        struct stat status {};
        if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
          return Kind::File;
        }
        return S_ISSOCK(status.st_mode) ? Kind::Socket : Kind::Stream;
      }()) {}

bool RecordWriter::write(std::string_view records, std::uint64_t count) noexcept {
  if (write_all(records)) {
    return true;
  }
  dropped_ += count;
  return false;
}

bool RecordWriter::write_all(std::string_view records) const noexcept {
  switch (kind_) {
    case Kind::File:
      return wrote_everything(records.size(),
                              [&] { return ::write(fd_, records.data(), records.size()); });
    case Kind::Socket:
      return wrote_everything(records.size(), [&] {
        return ::send(fd_, records.data(), records.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      });
    case Kind::Stream:
      return write_in_pieces(records);
  }
  return false;
}

bool RecordWriter::write_in_pieces(std::string_view records) const noexcept {
  while (!records.empty()) {
    const std::string_view piece = next_piece(records);
    if (!has_room(fd_) ||
        !wrote_everything(piece.size(), [&] { return write_without_waiting(fd_, piece); })) {
      return false;
    }
    records.remove_prefix(piece.size());
  }
  return true;
}

}  // namespace appserver::observe
