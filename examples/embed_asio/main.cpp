// prices [LINE_PORT [HTTP_ADDRESS]]
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "http_front.h"
#include "line_server.h"
#include "price_book.h"

namespace {

int run(unsigned short line_port, const std::string& http_address) {
  boost::asio::io_context io;
  PriceBook book;
  LineServer lines(io, book, line_port);
  std::printf("lines at 127.0.0.1:%u\n", unsigned{lines.port()});
  std::fflush(stdout);

  int exit_code = 0;
  HttpFront front(io, book, http_address, [&](const appserver::Outcome& outcome) {
    exit_code = outcome;  // Why is in the log.
    io.stop();
  });
  // The signals are Asio's, as they were before.
  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&front](const auto&, int) { front.stop(); });
  io.run();
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto line_port = static_cast<unsigned short>(argc > 1 ? std::atoi(argv[1]) : 7000);
    return run(line_port, argc > 2 ? argv[2] : "127.0.0.1:8000");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "prices: %s\n", error.what());
    return 1;
  }
}
