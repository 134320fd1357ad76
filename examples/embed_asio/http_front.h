#pragma once

#include <functional>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>

#include <appserver/server.hpp>

#include "price_book.h"

// What is new: the same prices by HTTP.
//
//   GET /prices/NAME           200 and the price, or 404
//   PUT /prices/NAME           204; the body is the price
//
// The server has a thread of its own, on which it parses and writes. The book stays where it is: a
// handler hands its request over to the io_context, which answers it there.
class HttpFront {
 public:
  // `io` and `book` outlive it. Serves at once. `ended` is called on the io_context's thread when
  // the server has ended, for whatever reason.
  HttpFront(boost::asio::io_context& io, PriceBook& book, std::string address,
            std::function<void(const appserver::Outcome&)> ended);
  HttpFront(const HttpFront&) = delete;
  HttpFront& operator=(const HttpFront&) = delete;
  // Requires: it has ended.
  ~HttpFront() { thread_.join(); }

  // Lets it finish what it has begun. The io_context has to run until `ended` is called: requests
  // that wait there are answered.
  void stop() noexcept { server_.stop(); }

 private:
  void declare(appserver::App& app);

  boost::asio::io_context& io_;
  PriceBook& book_;
  appserver::Server server_;
  std::thread thread_;  // The last member: it uses all others.
};
