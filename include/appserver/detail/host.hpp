#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <appserver/abi_deadline.h>
#include <appserver/abi_stream.h>

// Not part of the user's interface: how the C++ face reaches the server.
namespace appserver::detail {

[[nodiscard]] inline appserver_str to_abi(std::string_view text) noexcept {
  return {text.data(), text.size()};
}
[[nodiscard]] inline std::string_view to_view(appserver_str text) noexcept {
  return {text.data, text.size};
}

// The server's function table, made safe to call: a function that an older server's table does not
// reach, or that is null, does nothing or gives an empty answer.
// A small value; the table behind it lives as long as the process. [zygote] [worker]
class Host {
 public:
  explicit Host(const appserver_host* table) noexcept : table_(table) {}

  // Whether an app can work with this server at all: same major version, and able to take answers.
  [[nodiscard]] bool is_usable() const noexcept {
    return table_ != nullptr && table_->abi_major == APPSERVER_ABI_MAJOR &&
           reaches(offsetof(appserver_host, respond)) && table_->respond != nullptr;
  }

  void log(std::int32_t level, std::string_view message) const noexcept {
    if (reaches(offsetof(appserver_host, log)) && table_->log != nullptr) {
      table_->log(table_, level, to_abi(message));
    }
  }

  void report_error(std::string_view why) const noexcept {
    if (reaches(offsetof(appserver_host, report_error)) && table_->report_error != nullptr) {
      table_->report_error(table_, to_abi(why));
    }
  }

  // Requires: is_usable(), which is checked once, when the app is loaded.
  [[nodiscard]] std::int32_t respond(appserver_exchange* exchange,
                                     const appserver_response& response) const noexcept {
    return table_->respond(exchange, &response);
  }

  [[nodiscard]] std::string_view peer(appserver_exchange* exchange) const noexcept {
    if (!reaches(offsetof(appserver_host, peer)) || table_->peer == nullptr) {
      return {};
    }
    return to_view(table_->peer(exchange));
  }

  [[nodiscard]] std::string_view request_id(appserver_exchange* exchange) const noexcept {
    if (!reaches(offsetof(appserver_host, request_id)) || table_->request_id == nullptr) {
      return {};
    }
    return to_view(table_->request_id(exchange));
  }

  // The functions for bodies in pieces; null on a server that has none.
  [[nodiscard]] const appserver_stream* stream() const noexcept {
    return extension<appserver_stream>(APPSERVER_STREAM_EXTENSION);
  }

  // A server that knows no deadlines sets none: nothing is to be extended there.
  void set_deadline(appserver_exchange* exchange, std::uint64_t milliseconds) const noexcept {
    if (const auto* known = extension<appserver_deadline>(APPSERVER_DEADLINE_EXTENSION)) {
      known->set(exchange, milliseconds);
    }
  }

  // An extension of the server as the struct that its name documents; null when the server has
  // none, or a shorter one.
  template <typename Table>
  [[nodiscard]] const Table* extension(const char* name) const noexcept {
    if (!reaches(offsetof(appserver_host, get_extension)) || table_->get_extension == nullptr) {
      return nullptr;
    }
    const auto* found = static_cast<const Table*>(table_->get_extension(table_, name));
    return found != nullptr && found->size >= sizeof *found ? found : nullptr;
  }

  // For functions of extensions, which take it.
  [[nodiscard]] const appserver_host* table() const noexcept { return table_; }

 private:
  // Whether the table contains the function pointer at `offset`. All of them have one size.
  [[nodiscard]] bool reaches(std::size_t offset) const noexcept {
    return table_ != nullptr && offset + sizeof(table_->log) <= table_->size;
  }

  const appserver_host* table_;
};

}  // namespace appserver::detail
