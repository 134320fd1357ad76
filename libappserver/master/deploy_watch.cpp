#include "master/deploy_watch.h"

#include <utility>

namespace appserver::master {
namespace {

// Often enough that a bad release has few more requests after it could be judged; a report costs
// some microseconds.
constexpr double kTickSeconds = 0.1;
constexpr unsigned kJudgedPercent = 99;

supervision::Figures figures_of(const ipc::Tally& answers) {
  return {answers.requests(), answers.errors, answers.within(kJudgedPercent)};
}

ipc::Tally since(ipc::Tally now, const ipc::Tally& before) {
  now -= before;
  return now;
}

}  // namespace

DeployWatch::DeployWatch(EventLoop& loop, const ipc::Scoreboard& scoreboard,
                         std::function<void(supervision::Event)> report)
    : scoreboard_(scoreboard), report_(std::move(report)), tick_(loop) {}

void DeployWatch::start(std::uint32_t green, std::uint32_t blue) {
  window_ = Window{green, blue, answers_of(green), answers_of(blue)};
  tick_.start<&DeployWatch::report>(this, kTickSeconds, kTickSeconds);
}

void DeployWatch::stop() {
  tick_.stop();
  window_.reset();
}

ipc::Tally DeployWatch::answers_of(std::uint32_t generation) const {
  const auto dead = dead_.find(generation);
  ipc::Tally answers = dead == dead_.end() ? ipc::Tally{} : dead->second;
  for (const ipc::ScoreboardEntry& entry : scoreboard_.entries()) {
    if (entry.state() != ipc::WorkerState::Empty && entry.generation() == generation) {
      answers += entry.tally();
    }
  }
  return answers;
}

void DeployWatch::report() noexcept {
  supervision::WatchFigures figures;
  figures.green = figures_of(since(answers_of(window_->green), window_->green_before));
  figures.blue = figures_of(since(answers_of(window_->blue), window_->blue_before));
  figures.blue_before = figures_of(window_->blue_before);
  report_(supervision::FiguresTaken{window_->green, figures});
}

}  // namespace appserver::master
