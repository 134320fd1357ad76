#include "master/relay.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>

namespace appserver::master {
namespace {

using Task = UpgradeOrder::Task;

Result<std::optional<UpgradeOrder>> order_by(const char* text) {
  ::setenv("APPSERVERD_UPGRADE", text, 1);
  return take_upgrade_order();
}

TEST_CASE("UpgradeOrder: it is read from the environment, and removed there") {
  const auto probe = order_by("probe:7");
  REQUIRE((probe.has_value() && probe->has_value()));
  CHECK((*probe)->task == Task::Probe);
  CHECK((*probe)->state == 7);
  CHECK(std::getenv("APPSERVERD_UPGRADE") == nullptr);
  const auto take_over = order_by("take-over:8:12");
  REQUIRE((take_over.has_value() && take_over->has_value()));
  CHECK((*take_over)->task == Task::TakeOver);
  CHECK((*take_over)->old_program == 12);
  const auto go_back = order_by("go-back:8:12");
  REQUIRE((go_back.has_value() && go_back->has_value()));
  CHECK((*go_back)->task == Task::GoBack);
  const auto none = take_upgrade_order();
  REQUIRE(none.has_value());
  CHECK_FALSE(none->has_value());
}

TEST_CASE("UpgradeOrder: anything else is an error, and removed as well") {
  for (const char* text :
       {"", "probe", "probe:", "probe:x", "probe:-1", "probe:7:8", "take-over:7",
        "take-over:7:", "take-over:7:8:9", "go-back:7", "other:7", "probe:99999999999999999999"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(order_by(text).has_value());
    CHECK(std::getenv("APPSERVERD_UPGRADE") == nullptr);
  }
}

TEST_CASE("program_path: another name of the running file is kept, and anything else is not") {
  const std::string running = std::filesystem::read_symlink("/proc/self/exe").string();
  CHECK(program_path(running) == running);
  CHECK(program_path("/no/such/file") == running);
  CHECK(program_path("/bin/sh") == running);
  CHECK(program_path("") == running);
  CHECK(program_path("no such program") == running);
}

TEST_CASE("State file: what was written is read, and what is no file is not") {
  const auto file = write_state_file("some text");
  REQUIRE(file.has_value());
  const auto text = read_state_file(file->get());
  REQUIRE(text.has_value());
  CHECK(*text == "some text");
  CHECK_FALSE(read_state_file(-1).has_value());
  CHECK_FALSE(read_state_file(9999).has_value());
}

}  // namespace
}  // namespace appserver::master
