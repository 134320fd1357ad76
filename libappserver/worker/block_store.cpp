#include "worker/block_store.h"

#include <algorithm>
#include <new>
#include <sys/mman.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) static_cast<void>(0)
#define ASAN_UNPOISON_MEMORY_REGION(address, size) static_cast<void>(0)
#endif

namespace appserver::worker {

BlockStore::~BlockStore() {
  for (char* const region : regions_) {
    ASAN_UNPOISON_MEMORY_REGION(region, kRegionSize);
    ::munmap(region, kRegionSize);
  }
}

char* BlockStore::take() {
  if (free_.empty()) {
    add_region();
  }
  char* const block = free_.back();
  free_.pop_back();
  kept_ -= kept_ > 0 ? 1 : 0;
  ++lent_;
  ASAN_UNPOISON_MEMORY_REGION(block, kBlockSize);
  return block;
}

void BlockStore::give_back(char* block) noexcept {
  ASAN_POISON_MEMORY_REGION(block, kBlockSize);
  free_.push_back(block);  // There is room for all.
  ++kept_;
  --lent_;
  // Two for one, so that it is even at the end of a rush, and no request pays for all of them.
  for (int i = 0; i < 2 && kept_ > std::max(kMostKept, lent_); ++i) {
    return_one();
  }
}

// Huge pages would be filled as a whole for the first byte of each block.
void BlockStore::add_region() {
  free_.reserve((regions_.size() + 1) * kBlocksOfRegion);
  regions_.reserve(regions_.size() + 1);
  void* const memory = ::mmap(nullptr, kRegionSize, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::bad_alloc();
  }
  ::madvise(memory, kRegionSize, MADV_NOHUGEPAGE);
  regions_.push_back(static_cast<char*>(memory));
  for (std::size_t i = kBlocksOfRegion; i > 0; --i) {
    free_.push_back(regions_.back() + (i - 1) * kBlockSize);
  }
  ASAN_POISON_MEMORY_REGION(memory, kRegionSize);
}

// The one that was given back first.
void BlockStore::return_one() noexcept {
  char* const oldest = free_[free_.size() - kept_];
  ::madvise(oldest, kBlockSize, MADV_DONTNEED);
  --kept_;
}

}  // namespace appserver::worker
