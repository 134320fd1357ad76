#include "http_front.h"

#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/asio/post.hpp>

namespace {

using appserver::Request;
using appserver::Responder;

appserver::Response price_or_404(const std::optional<double>& price) {
  return price ? appserver::text(std::to_string(*price)) : appserver::error_response(404);
}

std::optional<double> price_in(std::string_view body) {
  try {
    return std::stod(std::string(body));
  } catch (const std::logic_error&) {
    return std::nullopt;
  }
}

}  // namespace

HttpFront::HttpFront(boost::asio::io_context& io, PriceBook& book, std::string address,
                     std::function<void(const appserver::Outcome&)> ended)
    : io_(io),
      book_(book),
      server_({.bind = {std::move(address)}}),
      thread_([this, ended = std::move(ended)] {
        auto outcome = server_.serve_in_process([this](appserver::App& app) { declare(app); });
        boost::asio::post(io_, [ended, outcome = std::move(outcome)] { ended(outcome); });
      }) {}

void HttpFront::declare(appserver::App& app) {
  app.get("/prices/{name}", [this](const Request& request, Responder responder) {
    boost::asio::post(io_, [this, name = std::string(request.param("name")),
                            responder = std::move(responder)]() mutable {
      responder.respond(price_or_404(book_.find(name)));
    });
  });
  app.put("/prices/{name}", [this](const Request& request, Responder responder) {
    const auto price = price_in(request.body());
    if (!price) {
      responder.respond(appserver::error_response(422));
      return;
    }
    boost::asio::post(io_, [this, name = std::string(request.param("name")), price = *price,
                            responder = std::move(responder)]() mutable {
      book_.set(name, price);
      responder.respond(appserver::no_content());
    });
  });
}
