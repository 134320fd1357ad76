// That the headers keep the layout of every minor version in C++20. The same assertions are
// compiled as C11 in tests/fixtures/abi_1_0/layout.c.
#include <string_view>
#include <type_traits>

#include <doctest/doctest.h>

#include <appserver/abi.h>

#include "unit/public/abi_layout_1_2.h"

TEST_CASE("ABI: the structs are plain C, and the names that peers look up are those of 1.0") {
  CHECK(std::is_standard_layout_v<appserver_app>);
  CHECK(std::is_trivial_v<appserver_app>);
  CHECK(std::is_trivial_v<appserver_host>);
  CHECK(std::is_trivial_v<appserver_request>);
  CHECK(std::is_trivial_v<appserver_response>);
  CHECK(std::string_view(APPSERVER_ENTRY_SYMBOL) == "appserver_app_v1");
  CHECK(std::string_view(APPSERVER_ROUTES_EXTENSION) == "appserver.routes/1");
  CHECK(APPSERVER_ABI_MAJOR == 1);
}
