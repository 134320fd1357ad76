#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "price_book.h"

// The service as it was before it had HTTP: clients send "SET NAME PRICE" or "GET NAME", a line
// each, and get one back.
class LineServer {
 public:
  // Both outlive it. Listens on 127.0.0.1; port 0 chooses one.
  LineServer(boost::asio::io_context& io, PriceBook& book, unsigned short port);

  [[nodiscard]] unsigned short port() const { return acceptor_.local_endpoint().port(); }

 private:
  void accept_next();

  PriceBook& book_;
  boost::asio::ip::tcp::acceptor acceptor_;
};
