#include "config/invocation.h"

#include <cstdio>
#include <fstream>
#include <unistd.h>

#include <doctest/doctest.h>

#include "config/cpu_count.h"
#include "config/help.h"
#include "config/toml_source.h"
#include "unit/config/option_values.h"

using namespace appserver;
using namespace appserver::config;
using Mode = Invocation::Mode;

namespace {

// A file that is gone when the test ends.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    std::string name = "/tmp/appserver_config_test_XXXXXX";
    const int descriptor = mkstemp(name.data());
    REQUIRE(descriptor >= 0);
    close(descriptor);
    path_ = name;
    write(text);
  }
  ~TemporaryFile() { std::remove(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(const std::string& text) { std::ofstream(path_) << text; }
  [[nodiscard]] const char* path() const { return path_.c_str(); }

 private:
  std::string path_;
};

Result<Invocation> read(std::vector<const char*> arguments, const Environment& environment = {}) {
  arguments.insert(arguments.begin(), "appserverd");
  return read_invocation(arguments, environment);
}

Invocation invocation(std::vector<const char*> arguments, const Environment& environment = {}) {
  auto result = read(std::move(arguments), environment);
  REQUIRE_MESSAGE(result.has_value(), result.error().message);
  return *result;
}

std::string error_of(std::vector<const char*> arguments, const Environment& environment = {}) {
  const auto result = read(std::move(arguments), environment);
  return result ? "" : result.error().message;
}

Environment with(std::string name, std::string value) {
  return {{{std::move(name), std::move(value)}}};
}

// A TOML document with this one option.
std::string document_with(const OptionRow& row, const std::string& text) {
  Options options;
  const std::vector<std::string> values{text};
  REQUIRE(assign(options, row, values).has_value());
  return toml_key(row) + " = " + toml_value(row, options) + "\n";
}

}  // namespace

TEST_CASE("Invocation: an app alone is served with the computed number of workers") {
  const Invocation serve = invocation({"app.so"});
  CHECK(serve.mode == Mode::Serve);
  CHECK(serve.options.app == "app.so");
  CHECK(serve.options.workers == default_workers());
  CHECK(serve.config_file.empty());
}

TEST_CASE("Invocation: the command line is above the environment, that above the file") {
  const TemporaryFile file("workers = 101\nbacklog = 201\nworker_connections = 301\n");
  const Environment environment{
      {{"APPSERVERD_BACKLOG", "202"}, {"APPSERVERD_WORKER_CONNECTIONS", "302"}}};
  const Options options =
      invocation({"-c", file.path(), "--worker-connections", "303", "app.so"}, environment).options;
  CHECK(options.workers == 101);
  CHECK(options.backlog == 202);
  CHECK(options.worker_connections == 303);
  CHECK(options.reload_batch == Options{}.reload_batch);
}

TEST_CASE("Invocation: WEB_CONCURRENCY is part of the environment and thus above the file") {
  const TemporaryFile file("workers = 101\n");
  CHECK(invocation({"-c", file.path(), "a.so"}, with("WEB_CONCURRENCY", "102")).options.workers ==
        102);
}

TEST_CASE("Invocation: a list replaces the list of a lower source") {
  const TemporaryFile file("bind = [\":1\", \":2\"]\n");
  const auto bind = invocation({"-c", file.path(), "-b", ":3", "app.so"}).options.bind;
  CHECK(bind == std::vector<std::string>{":3"});
}

TEST_CASE("Invocation: the file is named by --config, else by APPSERVERD_CONFIG") {
  const TemporaryFile file("workers = 101\napp = \"file.so\"\n");
  const TemporaryFile other("workers = 102\n");
  const Invocation named = invocation({}, with("APPSERVERD_CONFIG", file.path()));
  CHECK(named.options.workers == 101);
  CHECK(named.options.app == "file.so");
  CHECK(named.config_file == file.path());
  const Invocation both =
      invocation({"-c", other.path(), "app.so"}, with("APPSERVERD_CONFIG", file.path()));
  CHECK(both.options.workers == 102);
  CHECK(both.config_file == other.path());
}

TEST_CASE("Invocation: calling again reads the file again") {
  TemporaryFile file("workers = 101\n");
  const std::vector<const char*> arguments{"-c", file.path(), "app.so"};
  CHECK(invocation(arguments).options.workers == 101);
  file.write("workers = 102\n");
  CHECK(invocation(arguments).options.workers == 102);
  file.write("workers = \n");
  CHECK_FALSE(read(arguments).has_value());
}

TEST_CASE("Invocation: every option can be given through each of the three sources") {
  for (const OptionRow& row : option_table()) {
    CAPTURE(row.name);
    const std::string text = changing_value(row);
    Options expected;
    expected.workers = default_workers();
    const std::vector<std::string> values{text};
    REQUIRE(assign(expected, row, values).has_value());
    const std::string wanted = config_text(expected);

    const std::string argument = row.positional ? text : command_line_name(row) + "=" + text;
    CHECK(invocation({"--print-config", argument.c_str()}).text == wanted);
    CHECK(invocation({"--print-config"}, with(environment_name(row), text)).text == wanted);
    const TemporaryFile file(document_with(row, text));
    CHECK(invocation({"--print-config", "-c", file.path()}).text == wanted);
  }
}

TEST_CASE("Invocation: the printed configuration reads back to the same") {
  Options changed;
  for (const OptionRow& row : option_table()) {
    const std::vector<std::string> values{changing_value(row)};
    REQUIRE(assign(changed, row, values).has_value());
  }
  changed.env = {"A=\"quoted\\\"", "B=two\nlines\t\x01", "C=größe # no comment"};
  for (const Options& options : {Options{}, changed}) {
    const std::string text = config_text(options);
    CAPTURE(text);
    Options again = changed;
    const auto applied = apply_toml(text, "printed.toml", again);
    REQUIRE_MESSAGE(applied.has_value(), applied.error().message);
    CHECK(config_text(again) == text);
    CHECK(again.env == options.env);
    CHECK(again.umask == options.umask);
  }
}

TEST_CASE("Invocation: modes that need no app work without one") {
  CHECK(invocation({"--print-config"}).mode == Mode::PrintText);
  CHECK(invocation({"--check-config"}).mode == Mode::CheckConfig);
  CHECK(invocation({"--version"}).text.starts_with("appserverd "));
  CHECK(invocation({"--help"}).text.starts_with("Usage: appserverd "));
}

TEST_CASE("Invocation: help and version are told even when other sources are broken") {
  const Environment broken = with("APPSERVERD_WROKERS", "x");
  CHECK(invocation({"--help", "-c", "/nonexistent"}, broken).mode == Mode::PrintText);
  CHECK(invocation({"--version", "-w", "0"}, broken).mode == Mode::PrintText);
}

TEST_CASE("Invocation: check is a mode of its own and needs an app as well") {
  CHECK(invocation({"check", "app.so"}).mode == Mode::Check);
  CHECK(invocation({"check"}, with("APPSERVERD_APP", "app.so")).options.app == "app.so");
  CHECK_FALSE(error_of({"check"}).empty());
}

TEST_CASE("Invocation: a missing app is told with the usage") {
  CHECK(error_of({}) ==
        "no app given; usage: appserverd [OPTIONS] APP.so (--help lists the options)");
}

TEST_CASE("Invocation: a mistake in a lower source counts even if a higher one decides") {
  const TemporaryFile file("workers = 0\n");
  CHECK(error_of({"-w", "2", "-c", file.path(), "app.so"}) ==
        std::string(file.path()) + ":1: workers: '0' is out of range; use a value from 1 to 1024");
  CHECK_FALSE(error_of({"-w", "2", "app.so"}, with("APPSERVERD_WORKERS", "0")).empty());
  CHECK_FALSE(error_of({"--check-config"}, with("APPSERVERD_WORKERS", "0")).empty());
}

TEST_CASE("Invocation: a file that cannot be read is one clear line") {
  CHECK(error_of({"-c", "/nonexistent/a.toml"}) ==
        "configuration file: cannot read '/nonexistent/a.toml': "
        "No such file or directory (ENOENT)");
  CHECK(error_of({"-c", "/"}) == "configuration file: cannot read '/': Is a directory (EISDIR)");
  CHECK(error_of({"-c", "/dev/zero"}) ==
        "configuration file: cannot read '/dev/zero': it is larger than 1M");
  CHECK_FALSE(error_of({"-c", ""}).empty());
}

TEST_CASE("Invocation: whether anybody named an address is known, also if it is the default") {
  CHECK_FALSE(invocation({"app.so"}).options.bind_given);
  CHECK(invocation({"app.so"}).options.bind == Options{}.bind);
  CHECK(invocation({"-b", "127.0.0.1:8000", "app.so"}).options.bind_given);
  CHECK(invocation({"app.so"}, with("APPSERVERD_BIND", ":80")).options.bind_given);
  const TemporaryFile file("bind = [\":80\"]\n");
  CHECK(invocation({"-c", file.path(), "app.so"}).options.bind_given);
}
