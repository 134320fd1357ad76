#include "observe/command_json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "config/log_levels.h"
#include "observe/json_text.h"

namespace appserver::observe {
namespace {

namespace json = boost::json;
using ipc::CommandGiven;
using ipc::ControlCommand;

// No path is longer (PATH_MAX), and beyond that every number is a slip of the keyboard.
constexpr std::size_t kLongestPath = 4096;
constexpr std::int64_t kMostWorkers = 1024;
constexpr double kLongestWatch = 7 * 24 * 3600;

// Each takes a value, or says what it should have been.
using Reader = bool (*)(const json::value& value, CommandGiven& command);

bool read_flag(const json::value& value, std::uint8_t& flag) {
  if (!value.is_bool()) {
    return false;
  }
  flag = value.get_bool() ? 1 : 0;
  return true;
}

bool read_path(const json::value& value, CommandGiven& command) {
  if (!value.is_string() || value.get_string().empty() ||
      value.get_string().size() >= kLongestPath ||
      value.get_string().find('\0') != json::string::npos) {
    return false;
  }
  command.path = std::string(value.get_string());
  return true;
}

bool read_mount(const json::value& value, CommandGiven& command) {
  if (!value.is_string() || value.get_string().empty() ||
      value.get_string().size() >= kLongestPath) {
    return false;
  }
  command.mount = std::string(value.get_string());
  return true;
}

bool is_count(const json::value& value, std::int64_t least) {
  return value.is_int64() && value.get_int64() >= least && value.get_int64() <= kMostWorkers;
}

bool read_canary(const json::value& value, CommandGiven& command) {
  command.canary = is_count(value, 0) ? value.get_int64() : -1;
  return command.canary >= 0;
}

bool read_workers(const json::value& value, CommandGiven& command) {
  command.workers = is_count(value, 1) ? static_cast<std::uint32_t>(value.get_int64()) : 0;
  return command.workers > 0;
}

bool read_watch(const json::value& value, CommandGiven& command) {
  if (!value.is_number()) {
    return false;
  }
  const double seconds = value.to_number<double>();
  if (!(seconds >= 0 && seconds <= kLongestWatch)) {
    return false;
  }
  command.watch_milliseconds = std::llround(seconds * 1000);
  return true;
}

// What is given, decides what is done.
bool read_reopen(const json::value& value, CommandGiven& command) {
  command.command = ControlCommand::ReopenLogs;
  return value.is_bool() && value.get_bool();
}

bool read_level(const json::value& value, CommandGiven& command) {
  if (!value.is_string()) {
    return false;
  }
  const auto level = config::log_level_named(std::string_view(value.get_string()));
  command.command = ControlCommand::SetLogLevel;
  command.level = static_cast<std::uint8_t>(level.value_or(config::LogLevel::Error));
  return level.has_value();
}

struct Member {
  std::string_view name;
  std::string_view expected;
  Reader read;
  bool is_needed = false;
};

struct Form {
  std::string_view path;
  ControlCommand command;
  std::vector<Member> members;
};

std::vector<Form> forms() {
  constexpr std::string_view kFlag = "true or false";
  constexpr std::string_view kMount = "where an app is mounted, such as /api";
  return {
      {"deploy",
       ControlCommand::Deploy,
       {{"path", "the path of a file", &read_path, true},
        {"mount", kMount, &read_mount},
        {"canary", "a number from 0 to 1024", &read_canary},
        {"watch_seconds", "a number of seconds, a week at most", &read_watch},
        {"verify", kFlag,
         [](const json::value& value, CommandGiven& to) { return read_flag(value, to.verify); }},
        {"force", kFlag,
         [](const json::value& value, CommandGiven& to) { return read_flag(value, to.force); }},
        {"supersede", kFlag,
         [](const json::value& value, CommandGiven& to) {
           return read_flag(value, to.supersede);
         }}}},
      {"reload", ControlCommand::Reload, {}},
      {"rollback", ControlCommand::Rollback, {{"mount", kMount, &read_mount}}},
      {"scale",
       ControlCommand::Scale,
       {{"workers", "a number from 1 to 1024", &read_workers, true}}},
      {"recycle", ControlCommand::Recycle, {}},
      {"stop",
       ControlCommand::Stop,
       {{"quick", kFlag,
         [](const json::value& value, CommandGiven& to) { return read_flag(value, to.quick); }}}},
      {"logs",
       ControlCommand::ReopenLogs,
       {{"reopen", "true", &read_reopen}, {"level", "debug, info, warning or error", &read_level}}},
      {"upgrade", ControlCommand::Upgrade, {}},
  };
}

std::string quoted(std::string_view text) {
  return "\"" + printable(text) + "\"";
}

Result<CommandGiven> read_members(const Form& form, const json::object& given) {
  CommandGiven command;
  command.command = form.command;
  for (const auto& [key, value] : given) {
    const std::string_view name(key);
    const auto member = std::find_if(form.members.begin(), form.members.end(),
                                     [name](const Member& each) { return each.name == name; });
    if (member == form.members.end()) {
      return failure(quoted(name) + " is no member of this command");
    }
    if (!member->read(value, command)) {
      return failure(quoted(name) + " has to be " + std::string(member->expected));
    }
  }
  for (const Member& member : form.members) {
    if (member.is_needed && !given.contains(member.name)) {
      return failure(quoted(member.name) + " is missing: " + std::string(member.expected));
    }
  }
  if (form.path == "logs" && given.size() != 1) {
    return failure(std::string("either \"reopen\" or \"level\" has to be given"));
  }
  return command;
}

}  // namespace

Result<ipc::CommandGiven> read_command(std::string_view path, std::string_view body) {
  const std::vector<Form> all = forms();
  const auto form =
      std::find_if(all.begin(), all.end(), [path](const Form& each) { return each.path == path; });
  if (form == all.end()) {
    return failure("there is no command " + quoted(path));
  }
  if (body.empty()) {
    return read_members(*form, {});
  }
  boost::system::error_code error;
  const json::value given = json::parse(body, error);
  if (error || !given.is_object()) {
    return failure("the body is no JSON object" + (error ? ": " + error.message() : ""));
  }
  return read_members(*form, given.get_object());
}

std::string progress_line(const ipc::CommandProgress& progress) {
  return json::serialize(json::object{
             {"event", "progress"},
             {"what", printable(progress.what)},
             {"generation", progress.generation},
             {"slot", progress.slot < 0 ? json::value(nullptr) : json::value(progress.slot)}}) +
         "\n";
}

std::string result_line(const ipc::CommandEnded& ended) {
  return json::serialize(json::object{{"event", "result"},
                                      {"ok", ended.ok != 0},
                                      {"outcome", printable(ended.outcome)},
                                      {"generation", ended.generation},
                                      {"release", ended.release},
                                      {"why", printable(ended.why)},
                                      {"took_seconds", static_cast<double>(ended.took) / 1000}}) +
         "\n";
}

std::string error_line(std::string_view why) {
  return json::serialize(json::object{{"error", printable(why)}}) + "\n";
}

}  // namespace appserver::observe
