#include "ctl/pages.h"

#include <doctest/doctest.h>

namespace appserver::ctl {
namespace {

constexpr Style kPlain{false, 200};

constexpr std::string_view kStatus = R"({
  "server": {"name": "shop", "version": "0.1.0", "pid": 812, "state": "deploying", "uptime_seconds": 93900.5,
             "app": "/srv/shop.so", "binds": ["http://127.0.0.1:8000", "unix:/run/s.sock"], "workers": 2},
  "generations": [{"generation": 3, "release": 7, "state": "live", "zygote_pid": 901, "workers": 2},
                  {"generation": 4, "release": 8, "state": "verifying", "zygote_pid": null, "workers": 0}],
  "slots": [{"slot": 0, "generation": 3, "pid": 910, "state": "serving", "requests": 1200, "connections": 14,
             "idle": false, "current": {"method": "GET", "target": "/cart", "seconds": 0.5}},
            {"slot": 1, "generation": 3, "pid": 911, "state": "serving", "requests": 3, "connections": 0,
             "idle": true, "current": null}],
  "releases": [],
  "deploy": {"generation": 4, "release": 8, "state": "verifying", "path": "/srv/shop.so", "who": "uid 0 pid 7"},
  "deploys": [{"generation": 3, "release": 7, "outcome": "rolled back", "why": "too many 5xx", "who": "uid 0 pid 7",
               "at": 0, "took_seconds": 1.25}],
  "crashes": [{"at": 86400, "slot": 1, "pid": 9, "signal": "SIGSEGV", "method": "GET", "target": "/x",
               "stack_top": "f() at a.cpp:1"}]
})";

TEST_CASE("status_page: a server, for people") {
  CHECK(status_page(kStatus, kPlain).value() ==
        "shop: deploying for 1 d 2 h, appserverd 0.1.0, pid 812\n"
        "  app      /srv/shop.so\n"
        "  serves   http://127.0.0.1:8000, unix:/run/s.sock\n"
        "\n"
        "  gen  release  state      zygote  workers\n"
        "    3        7  live          901        2\n"
        "    4        8  verifying                0\n"
        "\n"
        "  slot  gen  pid  state    requests  connections  busy with\n"
        "     0    3  910  serving      1200           14  GET /cart for 0.50 s\n"
        "     1    3  911  serving         3            0  \n"
        "\n"
        "deploy under way: verifying, generation 4, /srv/shop.so, by uid 0 pid 7\n"
        "\n"
        "deploys\n"
        "  at (UTC)             release  outcome      took    who          why\n"
        "  1970-01-01 00:00:00        7  rolled back  1.25 s  uid 0 pid 7  too many 5xx\n"
        "\n"
        "crashes\n"
        "  at (UTC)             slot  signal   request  in\n"
        "  1970-01-02 00:00:00     1  SIGSEGV  GET /x   f() at a.cpp:1\n");
}

TEST_CASE("status_page: colours are the terminal's, and long lines are cut") {
  const std::string page = status_page(kStatus, {true, 40}).value();
  CHECK(page.find("\x1b[33mdeploying\x1b[0m") != std::string::npos);
  CHECK(page.find("too many 5xx") == std::string::npos);
}

TEST_CASE("status_page: what is missing or of another type is left out") {
  CHECK(status_page("{}", kPlain).value() == "\n  no workers\n");
  CHECK(status_page(R"({"server": 3, "slots": [1, {"slot": "a", "current": 4}], "deploys": {}})",
                    kPlain)
            .has_value());
  CHECK_FALSE(status_page("[]", kPlain).has_value());
  CHECK_FALSE(status_page("not json", kPlain).has_value());
  CHECK_FALSE(status_page("", kPlain).has_value());
}

TEST_CASE("status_page: no byte of it commands the terminal") {
  const std::string page =
      status_page(R"({"server": {"name": "\u001b[2J", "binds": ["a\u0007"]}})", kPlain).value();
  CHECK(page.find('\x1b') == std::string::npos);
  CHECK(page.find('\a') == std::string::npos);
}

TEST_CASE("releases_page: which one is live, and which comes next in a rollback") {
  CHECK(releases_page(R"({"releases": [
          {"release": 7, "app": "/a.so", "version": "2", "build_id": "0123456789abcdef", "at": 0,
           "who": "HUP", "outcome": "live", "live": true, "previous": false},
          {"release": 6, "app": "/a.so", "at": 0, "live": false, "previous": true}]})",
                      kPlain)
            .value() ==
        "  release            at (UTC)             app    version  build id      outcome  who\n"
        "        7  live      1970-01-01 00:00:00  /a.so  2        0123456789ab  live     HUP\n"
        "        6  previous  1970-01-01 00:00:00  /a.so                                  \n");
  CHECK(releases_page("{}", kPlain).value() == "no releases are kept\n");
}

TEST_CASE("event_line: a record with its fields") {
  CHECK(
      event_line(R"({"at": 0, "level": "info", "message": "live", "generation": 3, "why": "a b"})",
                 kPlain)
          .value() == "1970-01-01 00:00:00 live generation=3 why=a b\n");
  CHECK_FALSE(event_line("", kPlain).has_value());
}

TEST_CASE("error_text: the reason of a refusal, whatever it looks like") {
  CHECK(error_text(R"({"error": "no such file"})") == "no such file");
  CHECK(error_text("403 Forbidden") == "403 Forbidden");
  CHECK(error_text("") == "the server gives no reason");
}

TEST_CASE("master_pid: only a number that can be one") {
  CHECK(master_pid(kStatus) == 812);
  CHECK(master_pid(R"({"server": {"pid": -1}})") == 0);
  CHECK(master_pid(R"({"server": {"pid": 1e300}})") == 0);
  CHECK(master_pid("{}") == 0);
}

TEST_CASE("duration_text: two units at most") {
  CHECK(duration_text(0.004) == "0.00 s");
  CHECK(duration_text(12.6) == "13 s");
  CHECK(duration_text(200) == "3 min 20 s");
  CHECK(duration_text(7200) == "2 h");
  CHECK(duration_text(86400 * 3 + 3600 * 4) == "3 d 4 h");
  CHECK(duration_text(-5) == "0.00 s");
}

}  // namespace
}  // namespace appserver::ctl
