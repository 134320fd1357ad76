#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace appserver::config {

// The script with which a shell completes the words of `appserverd`: "bash", "zsh" or "fish". Made
// of the option table and of what `ctl` understands, so that it knows neither more nor less than
// the program. [any] Pure. Returns: nothing for another shell.
[[nodiscard]] std::optional<std::string> completion_script(std::string_view shell);

}  // namespace appserver::config
