#include "chaos/question.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "chaos/pattern.h"

namespace appserver::chaos {
namespace {

// From what fits into the head's packet to what takes several sends.
constexpr std::array<std::size_t, 4> kBodySizes = {1, 100, 4'000, 20'000};
constexpr std::size_t kLargeBody = 150'000;

struct Pieces {
  std::size_t count;
  std::size_t size;
};
constexpr std::array<Pieces, 3> kStreams = {{{2, 10}, {5, 1'000}, {8, 5'000}}};

constexpr std::size_t kMirrored = 300;
constexpr std::size_t kMirroredSlowly = 6'000;

std::string body_target(std::size_t size) {
  return "/body/" + std::to_string(size);
}

std::string stream_target(const Pieces& pieces) {
  return "/stream/" + std::to_string(pieces.count) + "/" + std::to_string(pieces.size);
}

Question get(std::string target, std::string expected) {
  Question question;
  question.name = "GET " + std::move(target);
  question.bytes = question.name + " HTTP/1.1\r\nHost: chaos\r\n\r\n";
  question.expected = std::move(expected);
  return question;
}

void write_answer(const std::string& path, std::size_t size) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream file(path, std::ios::binary);
  file << pattern(size);
  if (!file.flush()) {
    throw std::runtime_error("cannot write " + path);
  }
}

}  // namespace

Question Questions::next() {
  const unsigned kind = draw(100);
  if (kind < 65) {
    return echo();
  }
  if (kind < 80) {
    return body();
  }
  if (kind < 90 || !bodies_) {
    return stream();
  }
  return mirror("/mirror", kMirrored);
}

Question Questions::next_for_slow_sender() {
  if (!bodies_) {
    return echo();
  }
  switch (draw(3)) {
    case 0:
      return echo();
    case 1:
      return mirror("/mirror", kMirroredSlowly);
    default:
      return mirror("/received", kMirroredSlowly);
  }
}

Question Questions::last_on_connection(Question question) {
  const std::size_t end_of_line = question.bytes.find("\r\n");
  question.bytes.insert(end_of_line, "\r\nConnection: close");
  question.ends_connection = true;
  return question;
}

Question Questions::harmful(std::string_view target, int status, std::string expected) {
  Question question = get(std::string(target), std::move(expected));
  question.status = status;
  return question;
}

Question Questions::echo() {
  const std::string id = std::to_string(++count_);
  return get("/echo/" + id, "echo " + id + "\n");
}

Question Questions::body() {
  const std::size_t size = draw(20) == 0 ? kLargeBody : kBodySizes[draw(kBodySizes.size())];
  return get(body_target(size), pattern(size));
}

Question Questions::stream() {
  const Pieces& pieces = kStreams[draw(kStreams.size())];
  return get(stream_target(pieces), pattern(pieces.count * pieces.size));
}

Question Questions::mirror(std::string_view path, std::size_t size) {
  Question question;
  question.name = "POST " + std::string(path);
  question.expected = std::to_string(++count_) + "\n" + pattern(size);
  question.bytes = question.name + " HTTP/1.1\r\nHost: chaos\r\nContent-Length: " +
                   std::to_string(question.expected.size()) + "\r\n\r\n" + question.expected;
  return question;
}

void write_answers(const std::string& folder) {
  for (const std::size_t size : kBodySizes) {
    write_answer(folder + body_target(size), size);
  }
  write_answer(folder + body_target(kLargeBody), kLargeBody);
  for (const Pieces& pieces : kStreams) {
    write_answer(folder + stream_target(pieces), pieces.count * pieces.size);
  }
}

Column judge(const Question& question, const test::HttpResponse& answer) {
  if (answer.status == 503) {
    return answer.has_header("Retry-After") ? Column::Unavailable : Column::Wrong;
  }
  if (answer.status != question.status) {
    return Column::Wrong;
  }
  switch (answer.status) {
    case 200:
      return answer.body == question.expected ? Column::Answered : Column::Wrong;
    case 500:
      return Column::Crashed;
    case 504:
      return Column::Late;
    default:
      return Column::Wrong;
  }
}

}  // namespace appserver::chaos
