#include "worker/outbox.h"

#include <algorithm>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include "net/would_block.h"

namespace appserver::worker {
namespace {

// What an app makes is collected up to here before it is sent.
constexpr std::size_t kBatchSize = 64 * 1024;
// How much of one body leaves in one turn.
constexpr std::size_t kTurnSize = 128 * 1024;
// The most that sendfile(2) takes in one call.
constexpr std::uint64_t kMostAtOnce = 1U << 30;

}  // namespace

Outbox::Progress Outbox::send(int fd, BodyMaker* app) {
  if (auto* file = std::get_if<FileBody>(&body_)) {
    return send_file(fd, *file);
  }
  if (auto* source = std::get_if<AppSource>(&body_)) {
    if (app != nullptr) {
      return make_and_send(fd, *source, *app);
    }
    const Progress progress = send_text(fd, false);
    return progress == Progress::Done ? Progress::NeedsApp : progress;
  }
  return send_text(fd, false);
}

Outbox::Body Outbox::clear() {
  // A response that was larger than this once is no reason to hold its memory for ever.
  constexpr std::size_t kTextKept = 2 * kBatchSize;
  if (text_.capacity() > kTextKept) {
    text_ = std::string();
  } else {
    text_.clear();
  }
  offset_ = 0;
  sent_ = 0;
  Body body = std::move(body_);
  body_.emplace<std::monostate>();
  return body;
}

Outbox::Progress Outbox::send_text(int fd, bool more_follows) {
  // The hint keeps the kernel from sending the head in a packet of its own.
  const int flags = MSG_NOSIGNAL | (more_follows ? MSG_MORE : 0);
  while (offset_ < text_.size()) {
    const ssize_t count = ::send(fd, text_.data() + offset_, text_.size() - offset_, flags);
    if (count < 0) {
      return net::would_block() ? Progress::Blocked : Progress::Broken;
    }
    offset_ += static_cast<std::size_t>(count);
    sent_ += static_cast<std::uint64_t>(count);
  }
  text_.clear();
  offset_ = 0;
  return Progress::Done;
}

Outbox::Progress Outbox::send_file(int fd, FileBody& body) {
  while (body.piece < body.answer.pieces.size()) {
    if (const Progress progress = send_piece(fd, body); progress != Progress::Done) {
      return progress;
    }
    ++body.piece;
    body.sent = 0;
    body.introduced = false;
  }
  text_.append(body.answer.after);
  body_.emplace<std::monostate>();
  return send_text(fd, false);
}

Outbox::Progress Outbox::send_piece(int fd, FileBody& body) {
  const FileAnswer::Piece& piece = body.answer.pieces[body.piece];
  if (!body.introduced) {
    text_.append(piece.before);
    body.introduced = true;
  }
  if (const Progress progress = send_text(fd, true); progress != Progress::Done) {
    return progress;
  }
  while (body.sent < piece.length) {
    auto offset = static_cast<off_t>(piece.offset + body.sent);
    const auto wanted = static_cast<std::size_t>(std::min(piece.length - body.sent, kMostAtOnce));
    const ssize_t count = ::sendfile(fd, body.answer.file.get(), &offset, wanted);
    if (count < 0) {
      return net::would_block() ? Progress::Blocked : Progress::Broken;
    }
    if (count == 0) {
      return Progress::Broken;  // The file became shorter than the length that was announced.
    }
    body.sent += static_cast<std::uint64_t>(count);
    sent_ += static_cast<std::uint64_t>(count);
  }
  return Progress::Done;
}

Outbox::Progress Outbox::make_and_send(int fd, AppSource& source, BodyMaker& app) {
  std::size_t sent = 0;
  while (sent < kTurnSize) {
    AppSource::Made made = AppSource::Made::More;
    while (made == AppSource::Made::More && text_.size() < kBatchSize) {
      made = app.make(source, text_);
    }
    if (made == AppSource::Made::Failed) {
      send_text(fd, false);  // The client shall see what there is, and that it is not all.
      return Progress::Broken;
    }
    sent += text_.size();
    if (made == AppSource::Made::All) {
      body_.emplace<std::monostate>();
      return send_text(fd, false);
    }
    if (const Progress progress = send_text(fd, false); progress != Progress::Done) {
      return progress;
    }
    if (made == AppSource::Made::Waits) {
      return Progress::Waits;
    }
  }
  return Progress::NeedsApp;
}

}  // namespace appserver::worker
