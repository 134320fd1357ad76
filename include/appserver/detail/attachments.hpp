#pragma once

#include <memory>
#include <typeindex>
#include <typeinfo>
#include <utility>
#include <vector>

// Not part of the user's interface: what middleware hands on to handlers.
namespace appserver::detail {

// At most one object of each type. Costs nothing while it is empty.
class Attachments {
 public:
  template <typename T>
  T& set(T value) {
    auto object = std::make_shared<T>(std::move(value));
    T& kept = *object;
    const std::type_index type(typeid(T));
    for (auto& [known, held] : objects_) {
      if (known == type) {
        held = std::move(object);
        return kept;
      }
    }
    objects_.emplace_back(type, std::move(object));
    return kept;
  }

  template <typename T>
  [[nodiscard]] T* find() const noexcept {
    const std::type_index type(typeid(T));
    for (const auto& [known, held] : objects_) {
      if (known == type) {
        return static_cast<T*>(held.get());
      }
    }
    return nullptr;
  }

 private:
  // shared_ptr only because it remembers how to destroy any type.
  std::vector<std::pair<std::type_index, std::shared_ptr<void>>> objects_;
};

}  // namespace appserver::detail
