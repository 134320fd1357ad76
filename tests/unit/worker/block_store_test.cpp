#include "worker/block_store.h"

#include <cstddef>
#include <cstring>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace appserver::worker {
namespace {

TEST_CASE("BlockStore: blocks that are lent are apart, and the last one given back is lent next") {
  BlockStore store;
  std::set<char*> lent;
  for (int i = 0; i < 200; ++i) {
    char* const block = store.take();
    std::memset(block, i, BlockStore::kBlockSize);
    CHECK(lent.insert(block).second);
  }
  for (auto lower = lent.begin(), upper = std::next(lower); upper != lent.end(); ++lower, ++upper) {
    CHECK(*upper - *lower >= static_cast<std::ptrdiff_t>(BlockStore::kBlockSize));
  }
  char* const last = *lent.begin();
  store.give_back(last);
  CHECK(store.take() == last);
  for (char* const block : lent) {
    store.give_back(block);
  }
}

TEST_CASE("BlockStore: after a rush the memory goes back, but for some blocks") {
  BlockStore store;
  std::vector<char*> lent;
  for (int i = 0; i < 3000; ++i) {
    lent.push_back(store.take());
    lent.back()[0] = 'x';
  }
  while (lent.size() > 2000) {
    store.give_back(lent.back());
    lent.pop_back();
  }
  CHECK(store.kept() == 1000);  // There may be as many as are lent.
  for (char* const block : lent) {
    store.give_back(block);
  }
  CHECK(store.kept() <= 256);
  // What was returned is there again, and empty.
  lent.clear();
  int emptied = 0;
  for (int i = 0; i < 3000; ++i) {
    lent.push_back(store.take());
    emptied += lent.back()[0] == '\0' ? 1 : 0;
  }
  CHECK(emptied >= 3000 - 256);
  for (char* const block : lent) {
    store.give_back(block);
  }
}

}  // namespace
}  // namespace appserver::worker
