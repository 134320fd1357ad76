#include <chrono>

#include <doctest/doctest.h>

#include "app/check.h"
#include "process/app_child.h"

using namespace appserver;
using namespace std::chrono_literals;
using test::fixture;

namespace {

constexpr auto kPatience = 30s;

app::CheckReport check(const std::string& name, Duration timeout = kPatience) {
  return app::check_app(fixture(name), timeout, "0.1.0");
}

bool has_line(const app::CheckReport& report, const std::string& line) {
  return ("\n" + report.text).find("\n" + line + "\n") != std::string::npos;
}

// Checks that the app does not load, for the reason that the text begins with.
void check_refused(const std::string& name, const std::string& reason,
                   Duration timeout = kPatience) {
  const app::CheckReport report = check(name, timeout);
  INFO(report.text);
  CHECK(report.exit_code == 4);
  CHECK(report.text.starts_with(fixture(name) + reason));
  CHECK(report.text.ends_with("\n"));
  CHECK(report.text.find("/proc/self/fd") == std::string::npos);
}

}  // namespace

TEST_CASE("Check: a good app is described") {
  const app::CheckReport report = check("good_v1");
  INFO(report.text);
  CHECK(report.exit_code == 0);
  CHECK(has_line(report, fixture("good_v1") + " loads"));
  CHECK(has_line(report, "  name        good\\x09test app"));
  CHECK(has_line(report, "  version     v1"));
  CHECK(has_line(report, "  ABI         1.2 (this server offers 1.2)"));
  CHECK(has_line(report, "  toolchain   a C compiler"));
  CHECK(has_line(report, "  hooks       on_load, on_worker_start"));
  CHECK(has_line(report, "  routes      GET /"));
  CHECK(has_line(report, "              *   /items/{id}"));
  CHECK(has_line(report, "  libraries   none"));
  CHECK(has_line(report, "  log         warning: cache is cold"));
  CHECK(report.text.find("  digest      fnv1a64:") != std::string::npos);
}

TEST_CASE("Check: what an app does not tell is said to be untold") {
  const app::CheckReport report = check("older");
  CHECK(has_line(report, "  name        older"));
  CHECK(has_line(report, "  version     not told"));
  CHECK(has_line(report, "  hooks       none"));
  CHECK(has_line(report, "  routes      not told"));
}

TEST_CASE("Check: the libraries in the snapshot are listed") {
  const app::CheckReport report = check("uses_origin_library");
  CHECK(report.exit_code == 0);
  CHECK(report.text.find("  libraries   " + std::string(APPSERVER_FIXTURES) +
                         "/lib/libfixture_words.so (") != std::string::npos);
}

TEST_CASE("Check: an app that does not load is refused with the reason") {
  check_refused("absent", ": no such file");
  check_refused("undefined_symbol", ": undefined symbol");
  check_refused("needs_missing_library", " needs the library libfixture_number.so");
  check_refused("load_hook_fails", ": its load hook failed: cannot read prices.csv");
}

TEST_CASE("Check: a crash is told with its signal and its place") {
  check_refused("constructor_crashes",
                ": the app crashed while it was being loaded with SIGABRT: ");
  check_refused("load_hook_crashes", ": the app crashed in its load hook with SIGILL: ");
}

TEST_CASE("Check: an app that ends the process is not taken for a good one") {
  check_refused("load_hook_exits",
                ": the app ended the process in its load hook with exit status 7: ");
}

// The fixture closes the pipe of the report as well, so only the deadline can end this.
TEST_CASE("Check: an app that hangs is stopped at the deadline") {
  check_refused(
      "load_hook_hangs",
      ": the app did not finish loading within 0.25 s (stopped in its load hook): ", 250ms);
}

TEST_CASE("Check: an app that leaves a thread behind is refused, one that joins all is not") {
  check_refused("load_hook_starts_thread", ": the app started 1 thread while loading, and a ");
  CHECK(check("load_hook_joins_threads").exit_code == 0);
}

// 1. The load hook starts a process. 2. It inherits the pipe of the report. 3. Whoever waits for
// the end of that pipe waits for a process that may never end.
TEST_CASE("Check: a process that the app leaves behind does not hold the check up") {
  CHECK(check("load_hook_leaves_child", 15s).exit_code == 0);
}
