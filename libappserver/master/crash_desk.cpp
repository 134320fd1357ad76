#include "master/crash_desk.h"

#include <utility>

namespace appserver::master {
namespace {

// More than the zygote's child gives itself, so that what it has found by then arrives.
constexpr double kNamesWithinSeconds = 4.5;

// Functions into which others are inlined make a stack longer; this bounds what a liar can send.
constexpr std::size_t kMostNamesEach = 16;
constexpr std::size_t kLongestText = 512;

// The frames with the names that were found for them.
std::vector<observe::StackFrame> merge(const std::vector<observe::StackFrame>& frames,
                                       const std::vector<std::vector<observe::StackFrame>>& names) {
  std::vector<observe::StackFrame> stack;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (names[i].empty()) {
      stack.push_back(frames[i]);
      continue;
    }
    for (std::size_t level = 0; level < names[i].size(); ++level) {
      observe::StackFrame& frame = stack.emplace_back(names[i][level]);
      frame.address = frames[i].address;
      frame.module = frames[i].module;
      frame.offset = frames[i].offset;
      frame.is_inlined = level + 1 < names[i].size();
    }
  }
  return stack;
}

}  // namespace

CrashDesk::Case::Case(CrashDesk& owner, observe::CrashReport the_report, ipc::Channel end)
    : desk(owner),
      report(std::move(the_report)),
      names(report.stack.size()),
      answers(std::move(end)),
      watcher(owner.surroundings_.loop),
      deadline(owner.surroundings_.loop) {
  answers.set_non_blocking();
  watcher.start<&Case::on_answer>(this, answers.fd(), IoWatcher::kReadable);
  deadline.start<&Case::on_time>(this, kNamesWithinSeconds);
}

// The other side has run code of the app: nothing that it says is believed but texts.
void CrashDesk::Case::on_answer(int) noexcept {
  while (true) {
    const auto received = answers.receive();
    if (received) {
      const auto* name = std::get_if<ipc::FrameNamed>(&received->message);
      if (name != nullptr && name->frame < names.size() &&
          names[name->frame].size() < kMostNamesEach) {
        observe::StackFrame& frame = names[name->frame].emplace_back();
        frame.function = name->function.substr(0, kLongestText);
        frame.file = name->file.substr(0, kLongestText);
        frame.line = name->line;
      }
    } else if (received.error() == ipc::NothingReceived::PeerGone) {
      desk.conclude(*this);  // Ends this object.
      return;
    } else if (received.error() == ipc::NothingReceived::NotNow) {
      return;
    }
  }
}

void CrashDesk::take(observe::CrashReport report, ipc::NameFrames raw) {
  auto pair = ipc::Channel::make_pair();
  if (!pair || raw.frames.empty() ||
      !surroundings_.ask(report.generation, raw, std::move(pair->theirs))) {
    publish(std::move(report));
    return;
  }
  cases_.emplace_back(*this, std::move(report), std::move(pair->ours));
}

void CrashDesk::conclude(Case& one) {
  observe::CrashReport report = std::move(one.report);
  report.stack = merge(report.stack, one.names);
  cases_.remove_if([&one](const Case& other) { return &other == &one; });
  publish(std::move(report));
}

void CrashDesk::close() {
  while (!cases_.empty()) {
    conclude(cases_.front());
  }
}

void CrashDesk::publish(observe::CrashReport report) {
  surroundings_.publish(report);
  if (!report.is_end()) {
    return;
  }
  recent_.push_back(std::move(report));
  if (recent_.size() > kMostKept) {
    recent_.pop_front();
  }
}

}  // namespace appserver::master
