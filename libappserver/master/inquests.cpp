#include "master/inquests.h"

#include <utility>

#include "observe/crash_report.h"

namespace appserver::master {

Inquests::Inquests(const Surroundings& surroundings)
    : surroundings_(surroundings),
      killers_(surroundings.options, surroundings.barred, surroundings.chronicle),
      hooks_(surroundings.loop, surroundings.log),
      desk_({surroundings.loop,
             [this](auto generation, const auto& order, ipc::Channel answers) {
               return surroundings_.children.name_frames(generation, order, std::move(answers));
             },
             [this](const observe::CrashReport& report) { publish(report); }}) {}

void Inquests::note_death(WorkerDeath death) {
  const Release* const release = surroundings_.releases.find(death.generation);
  killers_.note_death(death);
  if (release == nullptr) {
    death.crash.reset();  // Nobody knows what its stack is about: it is told as a plain death.
  } else if (death.crash.has_value()) {
    unnamed_ = post_mortem(death, release->apps);
  }
  surroundings_.chronicle.note_death(std::move(death));
}

void Inquests::note_hold(const WorkerHold& hold) {
  if (const Release* const release = surroundings_.releases.find(hold.generation)) {
    UnnamedReport unnamed = report_of(hold, release->apps);
    desk_.take(std::move(unnamed.report), std::move(unnamed.raw));
  }
}

void Inquests::close_entry() {
  std::string next = surroundings_.chronicle.close_entry();
  if (auto unnamed = std::exchange(unnamed_, std::nullopt)) {
    unnamed->report.next = std::move(next);
    desk_.take(std::move(unnamed->report), std::move(unnamed->raw));
  }
}

void Inquests::publish(const observe::CrashReport& report) {
  surroundings_.chronicle.tell(report);
  const config::Options& options = surroundings_.options;
  if (report.is_end() && !options.on_crash.empty()) {
    hooks_.start({options.on_crash, options.on_crash_timeout, {options.user, options.group}},
                 observe::to_json(report) + "\n");
  }
}

}  // namespace appserver::master
