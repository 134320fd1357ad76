#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "history.h"
#include "journal.h"
#include "temporary_folder.h"

using chat::Entry;
using chat::History;
using chat::Journal;

namespace {

std::vector<std::string> texts_of(const std::vector<Entry>& entries) {
  std::vector<std::string> texts;
  for (const Entry& entry : entries) {
    texts.push_back(entry.room + ": " + entry.text);
  }
  return texts;
}

std::vector<std::uint64_t> ids_of(const History& history, const std::string& room) {
  std::vector<std::uint64_t> ids;
  for (const chat::Message& message : history.of(room)) {
    ids.push_back(message.id);
  }
  return ids;
}

}  // namespace

TEST_CASE("chat journal: gives out what was written, also to those who open it later") {
  const TemporaryFolder folder;
  Journal journal(folder.file("journal"));
  CHECK(journal.after(0).empty());
  const std::uint64_t first = journal.append("a", "one");
  CHECK(journal.append("b", std::string("t\0o", 3)) == first + 1);
  const Journal later(folder.file("journal"));
  CHECK(texts_of(later.after(0)) == std::vector<std::string>{"a: one", std::string("b: t\0o", 6)});
  CHECK(texts_of(later.after(first)) == std::vector<std::string>{std::string("b: t\0o", 6)});
  CHECK(later.after(first + 1).empty());
  CHECK(later.after(first + 9).empty());
  CHECK(later.last() == first + 1);
}

TEST_CASE("chat journal: a full ring drops the oldest") {
  const TemporaryFolder folder;
  Journal journal(folder.file("journal"), 3);
  for (const char* text : {"1", "2", "3", "4", "5"}) {
    journal.append("a", text);
  }
  CHECK(texts_of(journal.after(0)) == std::vector<std::string>{"a: 3", "a: 4", "a: 5"});
  CHECK(texts_of(journal.after(journal.last() - 1)) == std::vector<std::string>{"a: 5"});
}

TEST_CASE("chat journal: a file of another kind is refused and left alone") {
  const TemporaryFolder folder;
  std::ofstream(folder.file("letter")) << "Dear Sir";
  CHECK_THROWS_AS(Journal(folder.file("letter")), std::runtime_error);
  std::string word;
  std::ifstream(folder.file("letter")) >> word;
  CHECK(word == "Dear");
  CHECK_THROWS_AS(Journal(folder.file("missing/journal")), std::runtime_error);
}

TEST_CASE("chat journal: what is too long is refused, and nothing is written") {
  const TemporaryFolder folder;
  Journal journal(folder.file("journal"));
  const std::uint64_t last = journal.last();
  CHECK_THROWS_AS(journal.append("a", std::string(chat::kMaxText + 1, 'x')), std::exception);
  CHECK_THROWS_AS(journal.append(std::string(chat::kMaxRoom + 1, 'x'), "y"), std::exception);
  CHECK(journal.last() == last);
  journal.append(std::string(chat::kMaxRoom, 'x'), std::string(chat::kMaxText, 'y'));
  CHECK(journal.after(0).front().text == std::string(chat::kMaxText, 'y'));
}

TEST_CASE("chat journal: an id of an earlier file is below all ids of a new one") {
  const TemporaryFolder folder;
  Journal before(folder.file("before"));
  const std::uint64_t id = before.append("a", "x");
  CHECK(Journal(folder.file("after")).append("a", "x") > id);
}

TEST_CASE("chat history: keeps the latest by room, and says since when it is complete") {
  History history(3, 9);
  CHECK(history.complete_since() == 9);
  CHECK(history.add({10, "a", "one"}));
  CHECK(history.add({11, "b", "two"}));
  CHECK(history.add({12, "a", "three\nlines"}));
  CHECK(history.complete_since() == 9);
  CHECK(history.of("a").back().event == "id: 12\ndata: three\ndata: lines\n\n");
  CHECK(history.add({13, "c", "four"}));
  CHECK(ids_of(history, "a") == std::vector<std::uint64_t>{12});
  CHECK(history.complete_since() == 10);
  CHECK(history.add({14, "c", "five"}));
  CHECK(ids_of(history, "b").empty());
  CHECK(history.last() == 14);
  CHECK(ids_of(history, "nobody").empty());
}

TEST_CASE("chat history: finds positions in a room") {
  History history(10, 0);
  for (const std::uint64_t id : {1U, 2U, 3U, 4U, 5U}) {
    history.add({id, id % 2 == 0 ? "even" : "odd", "x"});
  }
  const History::Messages& odd = history.of("odd");
  CHECK(History::behind(odd, 0)->id == 1);
  CHECK(History::behind(odd, 2)->id == 3);
  CHECK(History::behind(odd, 3)->id == 5);
  CHECK((History::behind(odd, 5) == odd.end()));
  CHECK(history.position_before("odd", 2) == 2);
  CHECK(history.position_before("odd", 99) == 0);
  CHECK(history.position_before("odd", 0) == 5);
  CHECK(history.position_before("nobody", 2) == 5);
}

TEST_CASE("chat history: forgets what came before a gap") {
  History history(10, 0);
  history.add({1, "a", "x"});
  CHECK_FALSE(history.add({7, "a", "y"}));
  CHECK(ids_of(history, "a") == std::vector<std::uint64_t>{7});
  CHECK(history.complete_since() == 6);
}
