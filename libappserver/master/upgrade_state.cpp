#include "master/upgrade_state.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include <climits>

#include "config/deploy_check.h"
#include "config/mount.h"
#include "config/option_table.h"
#include "config/option_value.h"
#include "config/toml_source.h"
#include "ipc/records.h"
#include "master/state_fields.h"
#include "master/state_parts.h"

namespace appserver::master {
namespace {

// --- writing ---

// Only what differs from the defaults, so that an older program is not told of options that it does
// not know when nobody uses them.
std::string text_of_options(const config::Options& options) {
  std::string text;
  for (const config::OptionRow& row : config::option_table()) {
    const std::string value = config::toml_value(row, options);
    if (value != config::toml_value(row, config::Options{})) {
      text += config::toml_key(row) + " = " + value + "\n";
    }
  }
  return text + config::toml_of(options.deploy_checks);
}

class StateWriter {
 public:
  // The first word of a record is what its part is called in `kind`.
  template <typename Part>
  void add(const char* kind, const Part& part) {
    FieldWriter writer(kind);
    visit_fields(writer, part);
    text_ += writer.line();
  }
  template <typename Part>
  void add_each(const char* kind, const std::vector<Part>& parts) {
    for (const Part& part : parts) {
      add(kind, part);
    }
  }
  void add_line(const FieldWriter& writer) { text_ += writer.line(); }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void write_shared(StateWriter& out, const SharedState& shared) {
  out.add("shared", shared);
  out.add("error_log", shared.error_log);
  if (shared.access_log) {
    out.add("access_log", *shared.access_log);
  }
  out.add_each("listener", shared.listeners);
  if (shared.control_socket) {
    out.add("control_socket", *shared.control_socket);
  }
  if (shared.admin_address) {
    out.add("admin_address", *shared.admin_address);
  }
  out.add_each("passed_socket", shared.passed_sockets);
  out.add_each("service_variable", shared.service_variables);
}

void write_family(StateWriter& out, const FamilyState& family) {
  FieldWriter options("family");
  options("options", text_of_options(family.options));
  options("started_at", family.started_at);
  out.add_line(options);
  out.add_each("deployed_app", family.deployed_apps);
  for (const ReleaseState& release : family.releases) {
    FieldWriter writer("release");
    writer("generation", release.generation);
    writer("options", text_of_options(release.options));
    out.add_line(writer);
    for (const ReleaseAppState& app : release.apps) {  // Each belongs to the release before it,
      FieldWriter files("app");
      files("number", app.number);
      visit_fields(files, app.app);
      out.add_line(files);
      out.add_each("library", app.libraries);  // and each of these to the app before it.
    }
  }
  out.add_each("zygote_process", family.zygotes);
  out.add_each("worker_process", family.workers);
  out.add_each("tried_build", family.tried_builds);
  if (family.admin) {
    out.add("admin_process", *family.admin);
  }
  out.add("ledger", family.ledger);
  out.add_each("slot", family.ledger.slots);
  out.add_each("worker", family.ledger.workers);
  out.add_each("generation", family.ledger.generations);
}

// --- reading ---

Result<config::Options> options_of(const std::string& text) {
  config::Options options;
  auto applied = config::apply_toml(text, "the options of the running server", options);
  if (!applied) {
    return failure(std::move(applied.error()));
  }
  return options;
}

Result<Ok> check_versions(const Versions& theirs) {
  const Versions ours;
  if (theirs == ours) {
    return ok();
  }
  const auto told = [](const Versions& versions) {
    return std::to_string(versions.state) + "." + std::to_string(versions.protocol) + "." +
           std::to_string(versions.handoff) + "." + std::to_string(versions.scoreboard) + "." +
           std::to_string(versions.entry_size);
  };
  return failure("the running server keeps its state in form " + told(theirs) +
                 " and this program knows form " + told(ours) +
                 " (state, protocol, handoff, scoreboard, entry size): restart the server instead");
}

// Takes one record after the other into the state.
class StateReader {
 public:
  Result<Ok> take(const ipc::Record& record);
  [[nodiscard]] bool is_complete() const noexcept { return complete_; }
  UpgradeState state;

 private:
  // Whether the record was of this half.
  bool take_shared(const std::string& kind, FieldReader& read);
  bool take_ledger(const std::string& kind, FieldReader& read);
  Result<Ok> take_family(const std::string& kind, FieldReader& read);
  Result<Ok> take_file(const std::string& kind, FieldReader& read);

  template <typename Part>
  static bool append(std::vector<Part>& parts, FieldReader& read) {
    visit_fields(read, parts.emplace_back());
    return true;
  }

  bool complete_ = false;
};

Result<Ok> StateReader::take(const ipc::Record& record) {
  FieldReader read(record);
  const std::string& kind = record.kind();
  if (kind == "program") {
    visit_fields(read, state);
  } else if (kind == "end") {
    complete_ = true;
  } else if (kind == "refusal") {
    read("why", state.refusal);
  } else if (!take_shared(kind, read) && !take_ledger(kind, read)) {
    if (auto taken = take_family(kind, read); !taken) {
      return taken;
    }
  }
  return read.problem().empty() ? Result<Ok>(ok())
                                : failure(read.problem() + " has a value that cannot be");
}

bool StateReader::take_shared(const std::string& kind, FieldReader& read) {
  SharedState& shared = state.shared;
  if (kind == "shared") {
    visit_fields(read, shared);
  } else if (kind == "error_log") {
    visit_fields(read, shared.error_log);
  } else if (kind == "access_log") {
    visit_fields(read, shared.access_log.emplace());
  } else if (kind == "control_socket") {
    visit_fields(read, shared.control_socket.emplace());
  } else if (kind == "admin_address") {
    visit_fields(read, shared.admin_address.emplace());
  } else {
    return (kind == "listener" && append(shared.listeners, read)) ||
           (kind == "passed_socket" && append(shared.passed_sockets, read)) ||
           (kind == "service_variable" && append(shared.service_variables, read));
  }
  return true;
}

bool StateReader::take_ledger(const std::string& kind, FieldReader& read) {
  supervision::LedgerCopy& ledger = state.family.ledger;
  if (kind == "ledger") {
    visit_fields(read, ledger);
    return true;
  }
  return (kind == "slot" && append(ledger.slots, read)) ||
         (kind == "worker" && append(ledger.workers, read)) ||
         (kind == "generation" && append(ledger.generations, read));
}

Result<Ok> StateReader::take_family(const std::string& kind, FieldReader& read) {
  FamilyState& family = state.family;
  std::string text;
  if (kind == "family" || kind == "release") {
    read("options", text);
    auto options = options_of(text);
    if (!options) {
      return failure(std::move(options.error()));
    }
    if (kind == "family") {
      family.options = std::move(*options);
      read("started_at", family.started_at);
      return ok();
    }
    ReleaseState& release = family.releases.emplace_back();
    release.options = std::move(*options);
    read("generation", release.generation);
  } else if (kind == "deployed_app") {
    append(family.deployed_apps, read);
  } else if (kind == "app" || kind == "library") {
    return take_file(kind, read);
  } else if (kind == "admin_process") {
    visit_fields(read, family.admin.emplace());
  } else if (kind == "zygote_process") {
    append(family.zygotes, read);
  } else if (kind == "worker_process") {
    append(family.workers, read);
  } else if (kind == "tried_build") {
    append(family.tried_builds, read);
  }
  return ok();  // Other kinds are of a later version that says they do not matter.
}

Result<Ok> StateReader::take_file(const std::string& kind, FieldReader& read) {
  std::vector<ReleaseState>& releases = state.family.releases;
  const bool is_app = kind == "app";
  if (releases.empty() || (!is_app && releases.back().apps.empty())) {
    return failure("a record of kind " + kind + " belongs to no release");
  }
  std::vector<ReleaseAppState>& apps = releases.back().apps;
  if (is_app) {
    read("number", apps.emplace_back().number);
    visit_fields(read, apps.back().app);
  } else {
    visit_fields(read, apps.back().libraries.emplace_back());
  }
  return ok();
}

// --- what must fit together, beyond the ledger's own rules ---

using Numbers = std::multiset<std::uint64_t>;

// The numbers that `of` finds in each of the parts.
template <typename Parts, typename Of>
Numbers numbers(const Parts& parts, Of of) {
  Numbers found;
  for (const auto& part : parts) {
    found.insert(static_cast<std::uint64_t>(of(part)));
  }
  return found;
}

bool are_distinct(const Numbers& numbers) {
  return std::adjacent_find(numbers.begin(), numbers.end()) == numbers.end();
}

// Every process of the ledger is a process that is known, and every generation has its release.
bool fits_ledger(const FamilyState& family) {
  using namespace supervision;
  std::vector<GenerationEntry> with_zygote;
  std::copy_if(family.ledger.generations.begin(), family.ledger.generations.end(),
               std::back_inserter(with_zygote), [](const GenerationEntry& entry) {
                 return entry.zygote.state != ZygoteState::Down;
               });
  const auto generation_of = [](const auto& part) { return part.generation; };
  return numbers(family.ledger.generations, generation_of) ==
             numbers(family.releases, generation_of) &&
         numbers(with_zygote, generation_of) == numbers(family.zygotes, generation_of) &&
         numbers(family.ledger.workers, [](const Worker& worker) {
           return worker.pid.value_or(0);
         }) == numbers(family.workers, [](const WorkerProcess& worker) { return worker.pid; });
}

bool have_their_apps(const std::vector<ReleaseState>& releases) {
  return std::all_of(releases.begin(), releases.end(), [](const ReleaseState& release) {
    return release.apps.size() == config::mounts_of(release.options).size();
  });
}

Result<Ok> check_family(const FamilyState& family) {
  const auto pid_of = [](const auto& process) { return process.pid; };
  Numbers pids = numbers(family.workers, pid_of);
  pids.merge(numbers(family.zygotes, pid_of));
  if (family.admin) {
    pids.insert(static_cast<std::uint64_t>(family.admin->pid));
  }
  const bool are_pids =
      are_distinct(pids) && (pids.empty() || (*pids.begin() > 1 && *pids.rbegin() <= INT_MAX));
  const auto score_of = [](const WorkerProcess& worker) { return worker.score; };
  if (!are_pids || !are_distinct(numbers(family.workers, score_of)) || !fits_ledger(family) ||
      !have_their_apps(family.releases)) {
    return failure(std::string("the releases and processes do not fit the ledger"));
  }
  return ok();
}

Result<Ok> check_numbers(const UpgradeState& state) {
  std::set<int> distinct;
  for (const int fd : descriptors_of(state)) {
    // Below 3 are the standard ones, which are nobody's.
    if (fd < 3 || !distinct.insert(fd).second) {
      return failure("descriptor " + std::to_string(fd) + " is missing or there twice");
    }
  }
  return check_family(state.family);
}

}  // namespace

std::string write_state(const UpgradeState& state) {
  StateWriter out;
  out.add("appserverd_state", Versions{});
  out.add("program", state);
  write_shared(out, state.shared);
  write_family(out, state.family);
  out.add_line(FieldWriter("end"));
  return out.take();
}

std::string write_refusal(std::string_view why) {
  FieldWriter writer("refusal");
  writer("why", std::string(why));
  return writer.line();
}

Result<UpgradeState> read_state(std::string_view text) {
  const auto records = ipc::read_records(text);
  if (!records) {
    return failure(records.error());
  }
  if (records->empty() || records->front().kind() != "appserverd_state") {
    return failure(std::string("it does not begin like one of this server"));
  }
  FieldReader first(records->front());
  Versions versions{0, 0, 0, 0, 0};
  visit_fields(first, versions);
  if (auto same = check_versions(versions); !same) {
    return failure(std::move(same.error()));
  }
  StateReader reader;
  for (const ipc::Record& record : *records) {
    if (auto taken = reader.take(record); !taken) {
      return failure(std::move(taken.error()));
    }
  }
  if (!reader.is_complete()) {
    return failure(std::string("it is cut off"));
  }
  if (auto fits = check_numbers(reader.state); !fits) {
    return failure(std::move(fits.error()));
  }
  return std::move(reader.state);
}

std::vector<int> descriptors_of(const UpgradeState& state) {
  const SharedState& shared = state.shared;
  std::vector<int> fds{shared.handoff_send, shared.handoff_receive, shared.scoreboard};
  const auto add_log = [&fds](const LogState& log) {
    if (log.fd != -1) {
      fds.push_back(log.fd);
    }
  };
  add_log(shared.error_log);
  if (shared.access_log) {
    add_log(*shared.access_log);
  }
  for (const ListenerState& listener : shared.listeners) {
    fds.push_back(listener.fd);
  }
  for (const std::optional<ListenerState>& listener :
       {shared.control_socket, shared.admin_address}) {
    if (listener) {
      fds.push_back(listener->fd);
    }
  }
  if (const auto& admin = state.family.admin) {
    fds.insert(fds.end(), {admin->commands, admin->engine});
  }
  for (const PassedSocketState& socket : shared.passed_sockets) {
    fds.push_back(socket.fd);
  }
  for (const ReleaseState& release : state.family.releases) {
    for (const ReleaseAppState& app : release.apps) {
      if (app.app.fd != -1) {  // One that is linked in has none.
        fds.push_back(app.app.fd);
      }
      for (const ReleaseFileState& library : app.libraries) {
        fds.push_back(library.fd);
      }
    }
  }
  for (const ZygoteProcess& zygote : state.family.zygotes) {
    fds.push_back(zygote.channel);
  }
  for (const WorkerProcess& worker : state.family.workers) {
    fds.push_back(worker.channel);
  }
  return fds;
}

}  // namespace appserver::master
