#pragma once

#include <cstddef>  // defines the macros that identify the standard library

// Not part of the user's interface: what compiled the app, for people who look for a difference.
#define APPSERVER_DETAIL_TEXT_OF(token) #token
#define APPSERVER_DETAIL_TEXT(macro) APPSERVER_DETAIL_TEXT_OF(macro)

#if defined(__clang__)
#define APPSERVER_DETAIL_COMPILER \
  "Clang " APPSERVER_DETAIL_TEXT(__clang_major__) "." APPSERVER_DETAIL_TEXT(__clang_minor__)
#elif defined(__GNUC__)
#define APPSERVER_DETAIL_COMPILER "GCC " __VERSION__
#else
#define APPSERVER_DETAIL_COMPILER "unknown compiler"
#endif

#if defined(_LIBCPP_VERSION)
#define APPSERVER_DETAIL_LIBRARY ", libc++ " APPSERVER_DETAIL_TEXT(_LIBCPP_VERSION)
#elif defined(_GLIBCXX_RELEASE)
#define APPSERVER_DETAIL_LIBRARY ", libstdc++ " APPSERVER_DETAIL_TEXT(_GLIBCXX_RELEASE)
#else
#define APPSERVER_DETAIL_LIBRARY ""
#endif

namespace appserver::detail {

// "GCC 12.2.0, libstdc++ 12". The text is in the app's image: valid as long as it is loaded.
[[nodiscard]] constexpr const char* toolchain() noexcept {
  return APPSERVER_DETAIL_COMPILER APPSERVER_DETAIL_LIBRARY;
}

}  // namespace appserver::detail

#undef APPSERVER_DETAIL_LIBRARY
#undef APPSERVER_DETAIL_COMPILER
#undef APPSERVER_DETAIL_TEXT
#undef APPSERVER_DETAIL_TEXT_OF
