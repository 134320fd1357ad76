#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace appserver::worker {

// The blocks that requests are read into and worked at, lent to the connections of a worker.
// [worker]
//
// Each begins with a page of its own and always lies in the same place, so that it takes as much
// memory as requests are long, which is a page for nearly all. Blocks from the heap would lie
// elsewhere each time, until all of their pages had been touched by somebody.
class BlockStore {
 public:
  static constexpr std::size_t kBlockSize = 32 * 1024;

  BlockStore() = default;
  BlockStore(const BlockStore&) = delete;
  BlockStore& operator=(const BlockStore&) = delete;
  // Requires: all blocks were given back.
  ~BlockStore();

  // The last one given back, or one that nobody has touched. Its content is anything.
  // Errors: std::bad_alloc.
  [[nodiscard]] char* take();
  // Memory of blocks that will not be needed soon goes back to the system: as many as are lent may
  // keep it, and kMostKept in any case.
  void give_back(char* block) noexcept;

  // Blocks that nobody has, and whose memory was not returned.
  [[nodiscard]] std::size_t kept() const noexcept { return kept_; }

 private:
  // A megabyte of them.
  static constexpr std::size_t kMostKept = 256;
  // What is mapped at once: two megabytes of addresses.
  static constexpr std::size_t kBlocksOfRegion = 64;
  static constexpr std::size_t kRegionSize = kBlocksOfRegion * kBlockSize;

  void add_region();
  void return_one() noexcept;

  std::vector<char*> regions_;
  // The ones whose memory is still there are the last ones, the one given back last at the end.
  std::vector<char*> free_;
  std::size_t kept_ = 0;
  std::size_t lent_ = 0;
};

}  // namespace appserver::worker
