#pragma once

#include <map>
#include <optional>
#include <string>

// What the service is about: prices by name. Not safe for threads: it lives on the io_context's.
class PriceBook {
 public:
  void set(const std::string& name, double price) { prices_[name] = price; }
  [[nodiscard]] std::optional<double> find(const std::string& name) const {
    const auto found = prices_.find(name);
    return found == prices_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::map<std::string, double> prices_;
};
