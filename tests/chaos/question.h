#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "chaos/tally.h"
#include "support/http_response.h"

namespace appserver::chaos {

// A request, and what its answer has to be.
struct Question {
  std::string name;              // Method and target, for people.
  std::string bytes;             // As it is sent.
  std::string expected;          // The body of its answer.
  int status = 200;              // 500 and 504: it asks the app to crash, or to hang.
  bool ends_connection = false;  // It asks for the end of the connection after the answer.
};

// Thinks of questions for the routes of tests/chaos/apps/chaos_app.cpp. Single-threaded.
class Questions {
 public:
  // `bodies`: whether there may be requests with a body, which not every server can send back.
  explicit Questions(bool bodies) : bodies_(bodies) {}

  // A question without or with a small body, seldom one with a large answer.
  [[nodiscard]] Question next();
  // One whose body is worth being sent in pieces.
  [[nodiscard]] Question next_for_slow_sender();
  // The same question, asked with "Connection: close".
  [[nodiscard]] static Question last_on_connection(Question question);

  // GET `target`, which harms the worker, and what its answer has to be.
  [[nodiscard]] static Question harmful(std::string_view target, int status,
                                        std::string expected = "");

  [[nodiscard]] std::minstd_rand& random() { return random_; }

 private:
  [[nodiscard]] unsigned draw(unsigned below) { return static_cast<unsigned>(random_() % below); }
  [[nodiscard]] Question echo();
  [[nodiscard]] Question body();
  [[nodiscard]] Question stream();
  [[nodiscard]] Question mirror(std::string_view path, std::size_t size);

  const bool bodies_;
  std::uint64_t count_ = 0;
  std::minstd_rand random_{1};
};

// Writes the answers that do not depend on the question's number into files below `folder`, for
// servers that have nothing but files. Errors: throws std::runtime_error.
void write_answers(const std::string& folder);

// What a complete answer counts as.
[[nodiscard]] Column judge(const Question& question, const test::HttpResponse& answer);

}  // namespace appserver::chaos
