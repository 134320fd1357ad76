#pragma once

#include <map>
#include <optional>
#include <string>

#include "app/mounted_app.h"
#include "base/result.h"
#include "config/options.h"
#include "master/release.h"

// What the next generation has of the one before it. [master]
namespace appserver::master {

// Files that were deployed since the configuration was read, by the label of their mounts.
using DeployedApps = std::map<std::string, std::string>;

// The file that the options have for the mount with that label; nothing if they have no such mount.
[[nodiscard]] std::optional<std::string> file_of(const config::Options& options,
                                                 const std::string& label);

// What is meant by the mount that a request names, or does not name because there is only one.
// Errors: there is none of that name, or it has to be named; the text lists those that there are.
[[nodiscard]] Result<std::string> choose_mount(const config::Options& options,
                                               const std::string& named);

// Has `wanted` go on with what was deployed, at the mounts for which it names the same file as
// `before` did. Returns: what is still deployed.
[[nodiscard]] DeployedApps go_on_with(const DeployedApps& deployed, const config::Options& before,
                                      config::Options& wanted);
// What is deployed when `release` is live while the configuration names `configured`.
[[nodiscard]] DeployedApps deployed_of(const Release& release, const config::Options& configured);

// Apps for `options` which are those of `live` but for the one at `label`, which is `next`. One
// that `live` does not have is taken from its file. The options name the files then.
// Errors: of take_snapshot(), share() and check_libraries().
[[nodiscard]] Result<std::vector<app::MountedSnapshot>> replace_app(const Release& live,
                                                                    const std::string& label,
                                                                    app::MountedSnapshot next,
                                                                    config::Options& options);

// Whether the two have the same bytes at a mount; and at all of them.
[[nodiscard]] bool have_same(const Release& one, const Release& other, const std::string& label);
[[nodiscard]] bool are_same(const Release& one, const Release& other);
// Whether they differ at that mount and nowhere else.
[[nodiscard]] bool differ_only_at(const Release& one, const Release& other,
                                  const std::string& label);

}  // namespace appserver::master
