#include "worker/workbench.h"

#include <utility>

namespace appserver::worker {

std::unique_ptr<Workbench> Workbench::make(const http::Limits& limits,
                                           std::shared_ptr<BlockStore> blocks) {
  static_assert(sizeof(Workbench) + InputBuffer::kBodyRoom < BlockStore::kBlockSize);
  char* const block = blocks->take();
  const std::span room(block + sizeof(Workbench), BlockStore::kBlockSize - sizeof(Workbench));
  return std::unique_ptr<Workbench>(::new (block) Workbench(limits, std::move(blocks), room));
}

void Workbench::operator delete(Workbench* bench, std::destroying_delete_t) noexcept {
  const std::shared_ptr<BlockStore> blocks = std::move(bench->blocks);
  bench->~Workbench();
  blocks->give_back(reinterpret_cast<char*>(bench));
}

void Workbench::next_request() {
  parser.reset();
  input.next_request();
  refusal = nullptr;
  whole = undecided = continue_sent = read_elsewhere = false;
  spool.reset();
  since = {};
  status = 0;
}

std::unique_ptr<Workbench> WorkbenchPool::take() {
  if (reserve_.empty()) {
    auto bench = Workbench::make(limits_, blocks_);
    if (asks_before_bodies_) {
      bench->parser.ask_before_bodies();
    }
    return bench;
  }
  std::unique_ptr<Workbench> bench = std::move(reserve_.back());
  reserve_.pop_back();
  return bench;
}

void WorkbenchPool::strip(Workbench& bench) {
  if (bench.sink.has_value()) {
    unfinished_sinks_.push_back(std::move(*bench.sink));
    bench.sink.reset();
  }
  if (Outbox::Body body = bench.outbox.clear(); !std::holds_alternative<std::monostate>(body)) {
    unfinished_bodies_.push_back(std::move(body));
  }
}

void WorkbenchPool::give_back(std::unique_ptr<Workbench> bench) {
  strip(*bench);
  if (reserve_.size() < kReserve) {
    bench->next_request();
    bench->input.clear();
    reserve_.push_back(std::move(bench));
  }
}

void WorkbenchPool::let_go() noexcept {
  // One at a time: what an app does on release must not find the lists half cleared.
  while (!unfinished_sinks_.empty()) {
    const AppSink sink = std::move(unfinished_sinks_.back());
    unfinished_sinks_.pop_back();
  }
  while (!unfinished_bodies_.empty()) {
    const Outbox::Body body = std::move(unfinished_bodies_.back());
    unfinished_bodies_.pop_back();
  }
}

}  // namespace appserver::worker
