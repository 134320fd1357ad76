#include "supervision/killers.h"

#include <algorithm>

namespace appserver::supervision {

Killers::Verdict Killers::worker_died(const std::string& method, const std::string& route,
                                      TimePoint now) {
  forget_old(now);
  const Route key{method, route};
  deaths_.push_back({now, key});
  Verdict verdict;
  verdict.deaths = static_cast<std::size_t>(std::count_if(
      deaths_.begin(), deaths_.end(), [&key](const Death& death) { return death.route == key; }));
  if (verdict.deaths < limits_.deaths) {
    return verdict;
  }
  verdict.is_news = told_.try_emplace(key, now).second;
  if (limits_.cooldown > Duration::zero()) {
    verdict.barred_until = now + limits_.cooldown;
  }
  return verdict;
}

void Killers::forget_old(TimePoint now) {
  const auto is_old = [&](TimePoint when) { return now - when >= limits_.window; };
  while (!deaths_.empty() && (is_old(deaths_.front().when) || deaths_.size() >= kMostRemembered)) {
    deaths_.pop_front();
  }
  std::erase_if(told_, [&](const auto& entry) { return is_old(entry.second); });
}

}  // namespace appserver::supervision
