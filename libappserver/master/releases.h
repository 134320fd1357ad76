#pragma once

#include <map>
#include <vector>

#include "base/result.h"
#include "config/options.h"
#include "master/listening.h"
#include "master/release.h"
#include "supervision/supervisor.h"

namespace appserver::master {

// The releases that there are, by the generation that each is brought to life as, and the listening
// sockets that stay open for them. [master]
class Releases {
 public:
  // Both outlive this object.
  Releases(Listening& listening, const supervision::Supervisor& supervisor)
      : listening_(listening), supervisor_(supervisor) {}

  // Makes a release of what the options name now; it is not among the others yet. The sockets come
  // last, so that nobody is let in at an address whose release cannot be.
  // Errors: the server stops; that of the options; a user that cannot be, the app's file, an
  // address that cannot be opened. Nothing has changed then.
  [[nodiscard]] Result<Release> make(Result<config::Options> options);
  // The same of snapshots that were taken before, of all that the options name.
  [[nodiscard]] Result<Release> make(config::Options options,
                                     std::vector<app::MountedSnapshot> apps);

  void add(supervision::Generation generation, Release release) {
    releases_.try_emplace(generation, std::move(release));
  }
  void forget(supervision::Generation generation) { releases_.erase(generation); }
  // Requires: it is there. The reference is valid until it is forgotten.
  [[nodiscard]] const Release& at(supervision::Generation generation) const {
    return releases_.at(generation);
  }

  // Null when it is not there. Valid like that of at().
  [[nodiscard]] const Release* find(supervision::Generation generation) const {
    const auto found = releases_.find(generation);
    return found == releases_.end() ? nullptr : &found->second;
  }

  // Has the sockets of a release follow its options. Requires: it is there.
  void adjust_sockets(supervision::Generation generation) {
    listening_.adjust(at(generation).listener_fds, at(generation).options);
  }
  // Closes the sockets that no release has which is wanted, or whose workers fill slots. Those that
  // are there when the server stops stay to its end.
  void keep_sockets();

  // As an upgrade in place passes them on.
  [[nodiscard]] std::vector<ReleaseState> states() const;

 private:
  [[nodiscard]] Result<Ok> check(const config::Options& options) const;

  Listening& listening_;
  const supervision::Supervisor& supervisor_;
  std::map<supervision::Generation, Release> releases_;
};

}  // namespace appserver::master
