#include "ipc/scoreboard.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <random>
#include <sys/mman.h>
#include <sys/stat.h>
#include <type_traits>
#include <unistd.h>
#include <utility>

#include "base/errno_text.h"

namespace appserver::ipc {

namespace {

static_assert(std::atomic<std::uint64_t>::is_always_lock_free,
              "a lock inside an atomic would not be shared between processes");

template <std::size_t Room>
std::uint8_t copy_cut(std::string_view text, std::array<char, Room>& out) noexcept {
  return static_cast<std::uint8_t>(text.copy(out.data(), Room));
}

template <std::size_t Room>
std::string text_in(const std::array<char, Room>& room, std::size_t size) {
  return {room.data(), std::min(size, Room)};
}

constexpr std::size_t mapped_size(std::size_t entries) noexcept {
  return sizeof(ScoreboardHead) + entries * (sizeof(ScoreboardEntry) + sizeof(CrashRecord));
}

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

}  // namespace

void ScoreboardEntry::assign(std::uint32_t slot, std::uint32_t generation) noexcept {
  clear();
  slot_ = slot;
  generation_ = generation;
  set_state(WorkerState::Starting);
}

void ScoreboardEntry::clear() noexcept {
  end_exchange();
  set_pid(0);
  set_connections(0);
  set_idle(false);
  requests_.store(0, std::memory_order_relaxed);
  errors_.store(0, std::memory_order_relaxed);
  for (auto& count : times_) {
    count.store(0, std::memory_order_relaxed);
  }
  set_state(WorkerState::Empty);
}

void ScoreboardEntry::begin_exchange(const ExchangeFacts& facts, TimePoint now,
                                     TimePoint deadline) noexcept {
  const std::uint32_t sequence = sequence_.load(std::memory_order_relaxed);
  sequence_.store(sequence + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  method_size_ = copy_cut(facts.method, method_);
  target_size_ = copy_cut(facts.target, target_);
  request_id_size_ = copy_cut(facts.request_id, request_id_);
  peer_ = facts.peer;
  set_deadline(deadline);
  started_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  sequence_.store(sequence + 2, std::memory_order_release);
}

void ScoreboardEntry::set_request_id(std::string_view id) noexcept {
  const std::uint32_t sequence = sequence_.load(std::memory_order_relaxed);
  sequence_.store(sequence + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  request_id_size_ = copy_cut(id, request_id_);
  sequence_.store(sequence + 2, std::memory_order_release);
}

void ScoreboardEntry::end_exchange() noexcept {
  started_.store(0, std::memory_order_relaxed);
}

Tally ScoreboardEntry::tally() const noexcept {
  Tally tally;
  tally.errors = errors_.load(std::memory_order_relaxed);
  for (std::size_t bucket = 0; bucket < kTimeBuckets; ++bucket) {
    tally.times[bucket] = times_[bucket].load(std::memory_order_relaxed);
  }
  return tally;
}

std::optional<CurrentExchange> ScoreboardEntry::current_exchange() const {
  // A worker cannot change exchanges this often while one is copied; if it could, its current one
  // would be no news anyway.
  constexpr int kAttempts = 8;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::uint32_t before = sequence_.load(std::memory_order_acquire);
    const std::int64_t started = started_.load(std::memory_order_relaxed);
    if (started == 0) {
      return std::nullopt;
    }
    CurrentExchange exchange{text_in(method_, method_size_), text_in(target_, target_size_),
                             text_in(request_id_, request_id_size_), peer_,
                             TimePoint{Duration{started}}};
    std::atomic_thread_fence(std::memory_order_acquire);
    // A worker that was killed in the middle of an update leaves an odd number behind for ever; its
    // half-written text is still the best there is, hence the last attempt's answer counts.
    if ((before % 2 == 0 && sequence_.load(std::memory_order_relaxed) == before) ||
        attempt == kAttempts - 1) {
      return exchange;
    }
  }
  return std::nullopt;
}

Result<Scoreboard> Scoreboard::create(std::size_t entries) {
  UniqueFd file(::memfd_create("appserverd scoreboard", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  const std::size_t size = mapped_size(entries);
  // Sealed, so that nothing can cut the file under a mapping, which would be SIGBUS for everybody.
  if (!file.is_open() || ::ftruncate(file.get(), static_cast<off_t>(size)) != 0 ||
      ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return failure("cannot make the scoreboard: " + errno_text(errno));
  }
  auto scoreboard = adopt(file);
  if (scoreboard) {
    scoreboard->barred().set_seed(random_seed());
    scoreboard->tokens().set_seed(random_seed());
  }
  return scoreboard;
}

Result<Scoreboard> Scoreboard::adopt(UniqueFd& file) {
  struct stat status {};
  constexpr auto kHead = static_cast<off_t>(sizeof(ScoreboardHead));
  constexpr auto kEntry = static_cast<off_t>(sizeof(ScoreboardEntry) + sizeof(CrashRecord));
  if (::fstat(file.get(), &status) != 0 || status.st_size < kHead + kEntry ||
      (status.st_size - kHead) % kEntry != 0) {
    return failure("descriptor " + std::to_string(file.get()) + " is no scoreboard of this layout");
  }
  void* memory = ::mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ | PROT_WRITE,
                        MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) {
    return failure("cannot map the scoreboard: " + errno_text(errno));
  }
  // Zero bytes are an empty head, empty entries and empty records. Constructing them would touch,
  // and so allocate, every page.
  auto* head = static_cast<ScoreboardHead*>(memory);
  auto* first = reinterpret_cast<ScoreboardEntry*>(head + 1);
  static_assert(std::is_trivially_destructible_v<ScoreboardEntry>);
  static_assert(std::is_trivially_destructible_v<CrashRecord>);
  const auto count = static_cast<std::size_t>((status.st_size - kHead) / kEntry);
  auto* first_record = reinterpret_cast<CrashRecord*>(first + count);
  return Scoreboard(std::move(file), head, std::span(first, count), std::span(first_record, count));
}

Scoreboard::Scoreboard(Scoreboard&& other) noexcept
    : file_(std::move(other.file_)),
      head_(std::exchange(other.head_, nullptr)),
      entries_(std::exchange(other.entries_, std::span<ScoreboardEntry>{})),
      crash_records_(std::exchange(other.crash_records_, std::span<CrashRecord>{})) {}

Scoreboard::~Scoreboard() {
  if (head_ != nullptr) {
    ::munmap(head_, mapped_size(entries_.size()));
  }
}

std::optional<std::uint32_t> Scoreboard::claim(std::uint32_t slot,
                                               std::uint32_t generation) noexcept {
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].state() == WorkerState::Empty) {
      entries_[i].assign(slot, generation);
      crash_records_[i].clear();
      head_->used.store(std::max(head_->used.load(std::memory_order_relaxed), i + 1),
                        std::memory_order_relaxed);
      return i;
    }
  }
  return std::nullopt;
}

}  // namespace appserver::ipc
