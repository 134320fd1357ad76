#include "ipc/crash_record.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace appserver::ipc {

static_assert(std::is_trivially_copyable_v<CodeFrame>);
static_assert(std::atomic<EndKind>::is_always_lock_free);

void CrashRecord::begin(const Event& event) noexcept {
  frame_count_.store(0, std::memory_order_relaxed);
  module_count_.store(0, std::memory_order_relaxed);
  event_ = event;
  kind_.store(event.kind, std::memory_order_release);
}

std::uint32_t CrashRecord::index_of(std::string_view module) noexcept {
  const std::string_view name = module.substr(module.size() - std::min(module.size(), kModuleRoom));
  const std::uint32_t count = module_count_.load(std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (std::string_view(modules_[i].data(), module_sizes_[i]) == name) {
      return i;
    }
  }
  if (count >= kMostModules) {
    return CodeFrame::kNoModule;
  }
  std::memcpy(modules_[count].data(), name.data(), name.size());
  module_sizes_[count] = static_cast<std::uint8_t>(name.size());
  module_count_.store(count + 1, std::memory_order_release);
  return count;
}

bool CrashRecord::add(CodeFrame frame, std::string_view module) noexcept {
  const std::uint32_t count = frame_count_.load(std::memory_order_relaxed);
  if (count >= kMostFrames) {
    return false;
  }
  frame.module = module.data() == nullptr ? CodeFrame::kNoModule : index_of(module);
  frames_[count] = frame;
  frame_count_.store(count + 1, std::memory_order_release);
  return count + 1 < kMostFrames;
}

std::optional<CrashFacts> read(const CrashRecord& record) {
  CrashFacts facts;
  facts.event = record.event_;
  facts.event.kind = record.kind_.load(std::memory_order_acquire);
  if (facts.event.kind == EndKind::None || facts.event.kind > EndKind::Held) {
    return std::nullopt;
  }
  const std::size_t modules =
      std::min<std::size_t>(record.module_count_.load(), CrashRecord::kMostModules);
  for (std::size_t i = 0; i < modules; ++i) {
    facts.modules.emplace_back(
        record.modules_[i].data(),
        std::min<std::size_t>(record.module_sizes_[i], CrashRecord::kModuleRoom));
  }
  const std::size_t frames =
      std::min<std::size_t>(record.frame_count_.load(), CrashRecord::kMostFrames);
  facts.frames.assign(record.frames_.begin(),
                      record.frames_.begin() + static_cast<std::ptrdiff_t>(frames));
  for (CodeFrame& frame : facts.frames) {
    if (frame.module >= modules) {
      frame.module = CodeFrame::kNoModule;
    }
  }
  return facts;
}

}  // namespace appserver::ipc
