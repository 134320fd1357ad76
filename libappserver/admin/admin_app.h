#pragma once

#include <string>

#include <appserver/detail/app_maker.hpp>

#include "admin/desk.h"

namespace appserver::admin {

// Who may give commands over the control socket, besides root.
struct Masters {
  unsigned uid = 0;        // The user of the master.
  std::string admin_host;  // That of --admin, which its clients may name.
};

// The resources of docs/CONTROL.md: an app like any other. `desk` outlives it. [admin]
[[nodiscard]] detail::AppMaker admin_app(Desk& desk, const Masters& masters);

}  // namespace appserver::admin
