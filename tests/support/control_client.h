#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "support/http_client.h"

namespace appserver::test {

// One question or command over a control socket, on a connection of its own.
class ControlClient {
 public:
  explicit ControlClient(std::string socket) : address_{0, std::move(socket)} {}

  [[nodiscard]] HttpResponse get(std::string_view target) const {
    return HttpClient(address_, 30s).get(target);
  }
  [[nodiscard]] HttpResponse post(std::string_view target, std::string_view body = {}) const {
    return HttpClient(address_, 30s).request("POST", target, body);
  }

  [[nodiscard]] boost::json::value see(std::string_view target) const {
    const HttpResponse response = get(target);
    REQUIRE(response.status == 200);
    return boost::json::parse(response.body);
  }
  [[nodiscard]] boost::json::value status() const { return see("/status"); }

  // All lines of the answer to a command; the last one is its result.
  [[nodiscard]] std::vector<boost::json::value> lines(std::string_view target,
                                                      std::string_view body = {}) const {
    const HttpResponse response = post(target, body);
    INFO(response.body);
    REQUIRE(response.status == 200);
    std::vector<boost::json::value> all;
    std::string_view rest = response.body;
    while (!rest.empty()) {
      const auto end = rest.find('\n');
      REQUIRE(end != std::string_view::npos);
      all.push_back(boost::json::parse(rest.substr(0, end)));
      rest.remove_prefix(end + 1);
    }
    REQUIRE_FALSE(all.empty());
    REQUIRE(all.back().at("event").as_string() == "result");
    return all;
  }
  [[nodiscard]] boost::json::value command(std::string_view target,
                                           std::string_view body = {}) const {
    return lines(target, body).back();
  }

 private:
  Address address_;
};

// Of an object's member.
inline std::string text_of(const boost::json::value& object, const char* key) {
  return std::string(object.at(key).as_string());
}

}  // namespace appserver::test
