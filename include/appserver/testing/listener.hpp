#pragma once

#include <cstdint>

#include <appserver/abi_async.h>

namespace appserver::testing {

// Not part of the user's interface: whom the app wants to be told of something; perhaps nobody.
struct Listener {
  appserver_callback callback = nullptr;
  void* state = nullptr;

  void tell(std::int32_t result) const {
    if (callback != nullptr) {
      callback(state, result);
    }
  }
};

}  // namespace appserver::testing
