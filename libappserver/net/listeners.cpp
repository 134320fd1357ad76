#include "net/listeners.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "net/bind_address.h"

namespace appserver::net {
namespace {

bool contains(std::span<const int> fds, int fd) {
  return std::find(fds.begin(), fds.end(), fd) != fds.end();
}

}  // namespace

Result<std::vector<int>> Listeners::open(std::span<const std::string> binds,
                                         const ListenOptions& how) {
  std::vector<int> fds;
  std::vector<Entry> opened;
  for (const std::string& bind : binds) {
    const auto kept = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
      return entry.bind == bind && !contains(fds, entry.listener.fd());
    });
    if (kept != entries_.end()) {
      fds.push_back(kept->listener.fd());
      continue;
    }
    auto listener = open_one(bind, how);
    if (!listener) {
      for (Entry& entry : opened) {
        entry.listener.remove_socket_file();
      }
      return failure(std::move(listener.error()));
    }
    fds.push_back(listener->fd());
    opened.push_back({bind, std::move(*listener)});
  }
  std::move(opened.begin(), opened.end(), std::back_inserter(entries_));
  is_first_time_ = false;
  return fds;
}

Result<Listener> Listeners::open_one(const std::string& bind, const ListenOptions& how) const {
  const auto address = parse_bind_address(bind);
  if (!address) {
    return failure(address.error());
  }
  if (const auto* inherited = std::get_if<InheritedSocket>(&*address)) {
    if (passed_.has(inherited->fd)) {
      auto shared = passed_.share(inherited->fd);
      if (!shared) {
        return failure(std::move(shared.error()));
      }
      return Listener::share(std::move(*shared));
    }
    if (!is_first_time_) {
      return failure("cannot listen on " + bind +
                     ": a descriptor can be passed at the start only; restart the server");
    }
  }
  return Listener::open(*address, how);
}

std::vector<std::string> Listeners::adjust(std::span<const int> fds, const ListenOptions& how) {
  std::vector<std::string> complaints;
  for (Entry& entry : entries_) {
    if (!contains(fds, entry.listener.fd())) {
      continue;
    }
    if (auto adjusted = entry.listener.adjust(how); !adjusted) {
      complaints.push_back(std::move(adjusted.error().message));
    }
  }
  return complaints;
}

std::vector<Listener> Listeners::take_all_but(std::span<const int> fds) {
  const auto given_up =
      std::stable_partition(entries_.begin(), entries_.end(),
                            [&](const Entry& entry) { return contains(fds, entry.listener.fd()); });
  std::vector<Listener> taken;
  for (auto entry = given_up; entry != entries_.end(); ++entry) {
    taken.push_back(std::move(entry->listener));
  }
  entries_.erase(given_up, entries_.end());
  return taken;
}

std::vector<int> Listeners::fds() const {
  std::vector<int> fds;
  for (const Entry& entry : entries_) {
    fds.push_back(entry.listener.fd());
  }
  return fds;
}

std::vector<std::string> Listeners::displays() const {
  std::vector<std::string> addresses;
  for (const Entry& entry : entries_) {
    addresses.push_back(entry.listener.display());
  }
  return addresses;
}

const std::string& Listeners::display(int fd) const {
  return std::find_if(entries_.begin(), entries_.end(),
                      [fd](const Entry& entry) { return entry.listener.fd() == fd; })
      ->listener.display();
}

std::vector<std::string> Listeners::unserved() const {
  std::vector<std::string> left = passed_.binds();
  std::erase_if(left, [this](const std::string& bind) {
    return std::any_of(entries_.begin(), entries_.end(),
                       [&bind](const Entry& entry) { return entry.bind == bind; });
  });
  return left;
}

void Listeners::close_doors() noexcept {
  for (Listener& listener : take_all_but({})) {
    listener.shut_door();
  }
}

void Listeners::remove_socket_files() noexcept {
  for (Entry& entry : entries_) {
    entry.listener.remove_socket_file();
  }
}

}  // namespace appserver::net
