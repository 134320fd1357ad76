#include "app/host_services.h"

#include <stdexcept>
#include <vector>

#include <doctest/doctest.h>

using namespace appserver::app;

namespace {

appserver_str str(std::string_view text) {
  return {text.data(), text.size()};
}

HostServices silent_host(HostServices::ExtensionLookup extensions = {}) {
  return HostServices("0.1.0", {}, HostServices::refusing_calls(), std::move(extensions));
}

}  // namespace

TEST_CASE("HostServices: the table says who it is") {
  const HostServices host = silent_host();
  CHECK(host.table().size == sizeof(appserver_host));
  CHECK(host.table().abi_major == APPSERVER_ABI_MAJOR);
  CHECK(std::string_view(host.table().server_version) == "0.1.0");
}

TEST_CASE("HostServices: log records reach the sink, with a level that exists") {
  std::vector<std::pair<int, std::string>> records;
  HostServices host(
      "0.1.0", [&records](int level, std::string_view text) { records.emplace_back(level, text); },
      HostServices::refusing_calls());
  host.table().log(&host.table(), APPSERVER_LOG_WARNING, str("a"));
  host.table().log(&host.table(), 77, str("b"));
  host.table().log(&host.table(), -1, {nullptr, 0});
  const std::vector<std::pair<int, std::string>> expected{
      {APPSERVER_LOG_WARNING, "a"}, {APPSERVER_LOG_ERROR, "b"}, {APPSERVER_LOG_DEBUG, ""}};
  CHECK(records == expected);
}

TEST_CASE("HostServices: a worker can replace the sink under the same table") {
  std::string said;
  HostServices host = silent_host();
  host.table().log(&host.table(), APPSERVER_LOG_INFO, str("before"));
  host.set_log_sink([&said](int, std::string_view text) { said = text; });
  host.table().log(&host.table(), APPSERVER_LOG_INFO, str("after"));
  CHECK(said == "after");
}

TEST_CASE("HostServices: the last reported error is given out once") {
  HostServices host = silent_host();
  CHECK(host.take_reported_error().empty());
  host.table().report_error(&host.table(), str("first"));
  host.table().report_error(&host.table(), str("second"));
  CHECK(host.take_reported_error() == "second");
  CHECK(host.take_reported_error().empty());
}

TEST_CASE("HostServices: each thread has its own reported error") {
  HostServices host = silent_host();
  host.table().report_error(&host.table(), str("mine"));
  std::thread([&host] { host.table().report_error(&host.table(), str("other")); }).join();
  CHECK(host.take_reported_error() == "mine");
}

TEST_CASE("HostServices: no exception of the server reaches the app") {
  HostServices host(
      "0.1.0", [](int, std::string_view) { throw std::runtime_error("disk full"); },
      HostServices::refusing_calls(),
      [](std::string_view) -> const void* { throw std::runtime_error("no"); });
  host.table().log(&host.table(), APPSERVER_LOG_INFO, str("a"));
  CHECK(host.table().get_extension(&host.table(), "x/1") == nullptr);
}

TEST_CASE("HostServices: extensions are looked up by name") {
  static const int kExtension = 7;
  const HostServices host = silent_host([](std::string_view name) -> const void* {
    return name == "test.extension/1" ? &kExtension : nullptr;
  });
  const appserver_host& table = host.table();
  CHECK(table.get_extension(&table, "test.extension/1") == &kExtension);
  CHECK(table.get_extension(&table, "test.extension/2") == nullptr);
  CHECK(table.get_extension(&table, nullptr) == nullptr);
}

TEST_CASE("HostServices: outside a worker nothing can be answered") {
  const HostServices host = silent_host();
  const appserver_response response{};
  CHECK(host.table().respond(nullptr, &response) == APPSERVER_FAILED);
  CHECK(host.table().peer(nullptr).size == 0);
  CHECK(host.table().request_id(nullptr).size == 0);
}
