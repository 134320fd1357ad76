#pragma once

#include <functional>
#include <memory>

#include <appserver/abi.h>

// Not part of the user's interface: how an app that is linked into the program is made.
namespace appserver::detail {

// Makes the app for a host, which outlives it, and describes it as appserver_app_v1 does; null when
// that failed, and the host was told why. The app lives as long as the pointer: it is shared_ptr
// only because that remembers how to destroy what is behind the description.
using AppMaker = std::function<std::shared_ptr<const appserver_app>(const appserver_host*)>;

}  // namespace appserver::detail
