#include "config/reference.h"

#include <string_view>

#include "config/command_line.h"
#include "config/option_table.h"
#include "config/option_value.h"

namespace appserver::config {
namespace {

constexpr std::string_view kIntroduction = R"(# Configuration

<!-- Made from libappserver/config/option_table.cpp. Run the unit tests with
     APPSERVERD_UPDATE_DOCS=1 in the environment to write it anew. -->

Every option can be given on the command line, in the environment and in a TOML file. Signals and
their effects are described elsewhere.
)";

constexpr std::string_view kRules = R"(
## Which source wins

1. The command line.
2. The environment: the variables above. An empty variable counts as unset. `WEB_CONCURRENCY` sets
   the number of workers if `APPSERVERD_WORKERS` is unset.
3. The TOML file named by `--config`, else by `APPSERVERD_CONFIG`. No file is read unless named.
4. The default.

A list replaces the list of a lower source; the two are not joined. `--print-config` shows the
result, as TOML that `--config` reads back.

A mistake in any source is an error, even where a higher source decides: the server says in one
line what is wrong and where, and does not start. An unknown option, variable or key is such a
mistake; the nearest known name is suggested. On a reload (HUP) all sources are read again, and a
mistake leaves the running server as it is.

## Writing values

| kind | command line and environment | TOML |
|---|---|---|
| text | as it is | `"text"` |
| list | repeat the option; in a variable: commas between entries | `["a", "b"]` or `"a"` |
| number | `8` | `8` |
| switch | `--lazy`, `--lazy=false`; in a variable `true`, `false`, `1`, `0` | `true` |
| TIME | seconds (`0.5`), or with a unit: `500ms`, `30s`, `2m`, `1h` | `0.5`, `30` or `"500ms"` |
| SIZE | bytes, or with a unit of 1024: `64K`, `16M`, `1G`, `1T` | `8190` or `"16M"` |
| MODE | octal digits: `022` | `"022"` |

Keys stand at the top level of the TOML file:

```toml
app = "app.so"
bind = ["127.0.0.1:8000", "unix:/run/app.sock"]
workers = 8
keep_alive = "75s"
limit_request_body = "16M"
```

## Several apps

Each `--mount [HOST]/[PATH]=APP.so`, or entry of `mount = [...]`, is an app of its own; `APP.so` is the
one at `/`. In a TOML file they can be tables at its end instead:

```toml
[[mount]]
app = "/srv/api.so"       # needed
path = "/api"             # default: /
host = "api.example.com"  # default: any; *.example.com covers what is below it
```

[OPERATION.md](OPERATION.md) says which app has a request, and how one of them is deployed alone.

## Checks of a deploy

A release that is rolled out, by a deploy or a reload, has to pass the checks of the TOML file before it gets a client. Each is
a table at the end of the file:

```toml
[[deploy.check]]
path = "/orders?limit=1"  # needed; all others have the defaults shown
method = "GET"
status = 200
body = ""                 # a regular expression to be found in the answer; empty: any
deadline = "5s"           # for the whole answer
repeat = 1                # so many times in a row
```

The requests come from a process of their own, over a unix socket that nobody else knows, to a worker that serves nobody else.
The first check that fails ends the deploy; the release before it goes on as if nothing had happened.

Variables that Kubernetes adds for a service called `appserverd` (`APPSERVERD_SERVICE_HOST`,
`APPSERVERD_PORT` and so on) are ignored.
)";

std::string code(std::string_view text) {
  return "`" + std::string(text) + "`";
}

std::string option_cell(std::string_view name, char flag, std::string_view metavar) {
  std::string option = flag == '\0' ? "" : std::string{'-', flag} + " ";
  option += "--" + std::string(name);
  return code(metavar.empty() ? option : option + " " + std::string(metavar));
}

std::string default_cell(const OptionRow& row) {
  return row.default_text.empty() ? code(value_text(row, Options{}))
                                  : std::string(row.default_text);
}

std::string table_line(const OptionRow& row) {
  const std::string option =
      row.positional ? code(row.metavar) : option_cell(row.name, row.flag, row.metavar);
  return "| " + option + " | " + code(toml_key(row)) + " | " + code(environment_name(row)) + " | " +
         default_cell(row) + " | " + std::string(row.help) + " |\n";
}

std::string general_table() {
  std::string table = "\n## General\n\n| option | meaning |\n|---|---|\n";
  for (const GeneralOption& general : general_options()) {
    table += "| " + option_cell(general.name, general.flag, general.metavar) + " | " +
             std::string(general.help) + " |\n";
  }
  return table;
}

}  // namespace

std::string configuration_reference() {
  std::string text(kIntroduction);
  const OptionRow* previous = nullptr;
  for (const OptionRow& row : option_table()) {
    if (previous == nullptr || row.group != previous->group) {
      text +=
          "\n## " + std::string(group_title(row.group)) +
          "\n\n| option | TOML key | environment | default | meaning |\n|---|---|---|---|---|\n";
    }
    text += table_line(row);
    previous = &row;
  }
  return text + general_table() + std::string(kRules);
}

}  // namespace appserver::config
