#include "observe/record_writer.h"

#include <array>
#include <fcntl.h>
#include <limits.h>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>

#include <doctest/doctest.h>

#include "pipe.h"

using appserver::UniqueFd;
using appserver::observe::drain;
using appserver::observe::MemoryFile;
using appserver::observe::Pipe;
using appserver::observe::RecordWriter;

namespace {

std::string lines(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += "record " + std::to_string(i) + '\n';
  }
  return text;
}

}  // namespace

TEST_CASE("RecordWriter: what is written arrives in a file, a pipe and a socket") {
  const MemoryFile file;
  CHECK(RecordWriter(file.fd.get()).write("one\n", 1));
  CHECK(file.content() == "one\n");

  const Pipe pipe;
  CHECK(RecordWriter(pipe.writer.get()).write("two\n", 1));
  CHECK(pipe.read() == "two\n");

  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const UniqueFd near(ends[0]);
  const UniqueFd far(ends[1]);
  CHECK(RecordWriter(near.get()).write("three\n", 1));
  ::fcntl(far.get(), F_SETFL, O_NONBLOCK);
  CHECK(drain(far.get()) == "three\n");
}

TEST_CASE("RecordWriter: a full disk drops records and counts them") {
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  RecordWriter writer(full.get());
  CHECK_FALSE(writer.write("lost\n", 1));
  CHECK_FALSE(writer.write("lost\nlost\n", 2));
  CHECK(writer.dropped() == 3);
}

TEST_CASE("RecordWriter: a file that takes only a part of a record counts it as dropped") {
  ::signal(SIGXFSZ, SIG_IGN);
  const MemoryFile file;
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{4, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  RecordWriter writer(file.fd.get());
  const bool written = writer.write("too long\n", 1);
  ::setrlimit(RLIMIT_FSIZE, &before);
  CHECK_FALSE(written);
  CHECK(writer.dropped() == 1);
  CHECK(file.content() == "too ");
}

TEST_CASE("RecordWriter: a reader that is gone drops records and kills nobody") {
  Pipe pipe;
  pipe.reader.reset();
  RecordWriter writer(pipe.writer.get());
  CHECK_FALSE(writer.write("lost\n", 1));
  CHECK(writer.dropped() == 1);
}

TEST_CASE("RecordWriter: a full pipe in blocking mode does not stop the writer") {
  const Pipe pipe;
  pipe.fill();
  RecordWriter writer(pipe.writer.get());
  CHECK_FALSE(writer.write("lost\n", 1));
  CHECK(writer.dropped() == 1);
  CHECK((::fcntl(pipe.writer.get(), F_GETFL) & O_NONBLOCK) == 0);

  CHECK(pipe.read().find("lost") == std::string::npos);
  CHECK(writer.write("room again\n", 1));
  CHECK(pipe.read() == "room again\n");
  CHECK(writer.dropped() == 1);
}

TEST_CASE("RecordWriter: a full socket in blocking mode does not stop the writer") {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const UniqueFd near(ends[0]);
  const UniqueFd far(ends[1]);
  RecordWriter writer(near.get());
  const std::string batch = lines(1000);
  for (int i = 0; i < 10'000 && writer.dropped() == 0; ++i) {
    writer.write(batch, 1);
  }
  CHECK(writer.dropped() == 1);
}

TEST_CASE("RecordWriter: a batch goes into a pipe whole, in the right order") {
  const Pipe pipe;
  const std::string batch = lines(2000);
  REQUIRE(batch.size() > 4 * PIPE_BUF);
  RecordWriter writer(pipe.writer.get());
  CHECK(writer.write(batch, 2000));
  CHECK(pipe.read() == batch);
}

TEST_CASE("RecordWriter: a pipe gets whole lines, at most PIPE_BUF bytes at a time") {
  // A pipe in packet mode (O_DIRECT, pipe(2)) shows each write by itself.
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_DIRECT | O_NONBLOCK) == 0);
  const UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  // Lines of 17 bytes, so that one of them would end just one byte beyond PIPE_BUF.
  static_assert((PIPE_BUF + 1) % 17 == 0);
  std::string batch;
  for (int i = 0; i < 2000; ++i) {
    batch += "a line of log...\n";
  }
  CHECK(RecordWriter(writer.get()).write(batch, 2000));

  std::string joined;
  std::array<char, 2 * PIPE_BUF> part;
  for (ssize_t got; (got = ::read(reader.get(), part.data(), part.size())) > 0;) {
    CHECK(got <= PIPE_BUF);
    CHECK(part[static_cast<std::size_t>(got) - 1] == '\n');
    joined.append(part.data(), static_cast<std::size_t>(got));
  }
  CHECK(joined == batch);
}

TEST_CASE("RecordWriter: a line longer than PIPE_BUF is still written") {
  const Pipe pipe;
  const std::string line = std::string(3 * PIPE_BUF, 'x') + '\n';
  CHECK(RecordWriter(pipe.writer.get()).write(line, 1));
  CHECK(pipe.read() == line);
}

TEST_CASE("RecordWriter: a descriptor that is not open drops records") {
  RecordWriter writer(-1);
  CHECK_FALSE(writer.write("lost\n", 1));
  CHECK(writer.dropped() == 1);
}
