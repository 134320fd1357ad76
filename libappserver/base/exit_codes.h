#pragma once

namespace appserver {

// How the server ends: a contract with init systems and scripts, docs/OPERATION.md.
inline constexpr int kStoppedAsAsked = 0;
inline constexpr int kBadConfiguration = 1;
inline constexpr int kNoWorkerBooted = 3;
inline constexpr int kBadApp = 4;

}  // namespace appserver
