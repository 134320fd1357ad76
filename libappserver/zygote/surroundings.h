#pragma once

#include "base/result.h"
#include "config/options.h"

namespace appserver::zygote {

// Makes the process what app code may expect to run in: --umask, --chdir, --env, --user and
// --group, in this order, so that the folder can be one that only root may enter and the app never
// runs as root. [zygote] Before any code of the app. Errors: which option could not be followed,
// and why.
[[nodiscard]] Result<Ok> enter_surroundings(const config::Options& options);

}  // namespace appserver::zygote
