#include "ctl/pages.h"

#include <array>
#include <cstdio>

#include "ctl/table.h"
#include "ctl/values.h"

namespace appserver::ctl {
namespace {

using boost::json::object;
using Align = Table::Align;

Table::Cell state_cell(const std::string& state) {
  return {state, color_of_state(state)};
}

std::string list_text(const object& from, std::string_view key) {
  std::string text;
  if (const auto* list = from.if_contains(key); list != nullptr && list->is_array()) {
    for (const auto& one : list->as_array()) {
      if (one.is_string()) {
        text += (text.empty() ? "" : ", ") + config::printable(std::string_view(one.as_string()));
      }
    }
  }
  return text;
}

std::string server_lines(const object& server, const Style& style) {
  const std::string state = text_of(server, "state");
  std::string text = colored(text_of(server, "name"), Color::Bold, style) + ": " +
                     colored(state, color_of_state(state), style) + " for " +
                     duration_text(number_of(server, "uptime_seconds")) + ", appserverd " +
                     text_of(server, "version") + ", pid " + text_of(server, "pid") + "\n";
  if (const std::string app = text_of(server, "app"); !app.empty()) {
    text += "  app      " + app + "\n";
  }
  if (const std::string binds = list_text(server, "binds"); !binds.empty()) {
    text += "  serves   " + binds + "\n";
  }
  return text;
}

std::string busy_with(const object& slot) {
  const object* const current = object_of(slot, "current");
  if (current == nullptr) {
    return is_true(slot, "idle") ? "" : "-";
  }
  return text_of(*current, "method") + " " + text_of(*current, "target") + " for " +
         duration_text(number_of(*current, "seconds"));
}

std::string slots_table(const object& status, const Style& style) {
  Table table({{"slot", Align::Right},
               {"gen", Align::Right},
               {"pid", Align::Right},
               {"state"},
               {"requests", Align::Right},
               {"connections", Align::Right},
               {"busy with"}});
  for_each_of(status, "slots", [&table](const object& slot) {
    table.add({{text_of(slot, "slot")},
               {text_of(slot, "generation")},
               {text_of(slot, "pid")},
               state_cell(text_of(slot, "state")),
               {text_of(slot, "requests")},
               {text_of(slot, "connections")},
               {busy_with(slot)}});
  });
  return table.is_empty() ? "  no workers\n" : table.text(style);
}

std::string generations_table(const object& status, const Style& style) {
  Table table({{"gen", Align::Right},
               {"release", Align::Right},
               {"state"},
               {"zygote", Align::Right},
               {"workers", Align::Right}});
  for_each_of(status, "generations", [&table](const object& generation) {
    table.add({{text_of(generation, "generation")},
               {text_of(generation, "release")},
               state_cell(text_of(generation, "state")),
               {text_of(generation, "zygote_pid")},
               {text_of(generation, "workers")}});
  });
  return table.is_empty() ? "" : table.text(style);
}

std::string deploys_table(const object& status, const Style& style) {
  Table table({{"at (UTC)"}, {"release", Align::Right}, {"outcome"}, {"took"}, {"who"}, {"why"}});
  for_each_of(status, "deploys", [&table](const object& deploy) {
    table.add({{time_text(number_of(deploy, "at"))},
               {text_of(deploy, "release")},
               state_cell(text_of(deploy, "outcome")),
               {duration_text(number_of(deploy, "took_seconds"))},
               {text_of(deploy, "who")},
               {text_of(deploy, "why")}});
  });
  return table.is_empty() ? "" : "\ndeploys\n" + table.text(style);
}

std::string crashes_table(const object& status, const Style& style) {
  Table table({{"at (UTC)"}, {"slot", Align::Right}, {"signal"}, {"request"}, {"in"}});
  for_each_of(status, "crashes", [&table](const object& crash) {
    table.add({{time_text(number_of(crash, "at"))},
               {text_of(crash, "slot")},
               {text_of(crash, "signal"), Color::Red},
               {text_of(crash, "method") + " " + text_of(crash, "target")},
               {text_of(crash, "stack_top")}});
  });
  return table.is_empty() ? "" : "\ncrashes\n" + table.text(style);
}

std::string current_deploy(const object& status, const Style& style) {
  const object* const deploy = object_of(status, "deploy");
  if (deploy == nullptr) {
    return "";
  }
  return "\n" + colored("deploy under way", Color::Yellow, style) + ": " +
         text_of(*deploy, "state") + ", generation " + text_of(*deploy, "generation") + ", " +
         text_of(*deploy, "path") + ", by " + text_of(*deploy, "who") + "\n";
}

}  // namespace

std::optional<std::string> status_page(std::string_view json, const Style& style) {
  const auto status = read_object(json);
  if (!status) {
    return std::nullopt;
  }
  const object* const server = object_of(*status, "server");
  std::string page = server == nullptr ? "" : server_lines(*server, style) + "\n";
  page += generations_table(*status, style) + "\n" + slots_table(*status, style);
  return page + current_deploy(*status, style) + deploys_table(*status, style) +
         crashes_table(*status, style);
}

std::optional<std::string> workers_page(std::string_view json, const Style& style) {
  const auto status = read_object(json);
  return status ? std::optional(slots_table(*status, style)) : std::nullopt;
}

std::optional<std::string> releases_page(std::string_view json, const Style& style) {
  const auto status = read_object(json);
  if (!status) {
    return std::nullopt;
  }
  Table table({{"release", Align::Right},
               {""},
               {"at (UTC)"},
               {"app"},
               {"version"},
               {"build id"},
               {"outcome"},
               {"who"}});
  for_each_of(*status, "releases", [&table](const object& release) {
    const std::string mark = is_true(release, "live")       ? "live"
                             : is_true(release, "previous") ? "previous"
                                                            : "";
    table.add({{text_of(release, "release")},
               {mark, mark == "live" ? Color::Green : Color::None},
               {time_text(number_of(release, "at"))},
               {text_of(release, "app")},
               {text_of(release, "version")},
               {text_of(release, "build_id").substr(0, 12)},
               state_cell(text_of(release, "outcome")),
               {text_of(release, "who")}});
  });
  return table.is_empty() ? "no releases are kept\n" : table.text(style);
}

std::optional<std::string> event_line(std::string_view json, const Style& style) {
  const auto event = read_object(json);
  if (!event) {
    return std::nullopt;
  }
  const std::string level = text_of(*event, "level");
  const Color color = level == "error"     ? Color::Red
                      : level == "warning" ? Color::Yellow
                                           : Color::None;
  std::string line =
      time_text(number_of(*event, "at")) + " " + colored(text_of(*event, "message"), color, style);
  for (const auto& member : *event) {
    const std::string_view key = member.key();
    if (key != "at" && key != "level" && key != "message") {
      line +=
          colored(" " + config::printable(key) + "=", Color::Faint, style) + text_of(*event, key);
    }
  }
  return line + "\n";
}

std::string error_text(std::string_view body) {
  const auto answer = read_object(body);
  std::string why = answer ? text_of(*answer, "error") : config::printable(body);
  return why.empty() ? "the server gives no reason" : why;
}

int master_pid(std::string_view json) {
  const auto status = read_object(json);
  const object* const server = status ? object_of(*status, "server") : nullptr;
  constexpr double kMost = 1 << 30;
  const double pid = server == nullptr ? 0 : number_of(*server, "pid");
  return pid > 0 && pid < kMost ? static_cast<int>(pid) : 0;
}

}  // namespace appserver::ctl
