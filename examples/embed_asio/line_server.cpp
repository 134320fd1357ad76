#include "line_server.h"

#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::size_t kLongestLine = 1024;

// One client. Keeps itself alive by what it waits for, as is usual with Asio.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, PriceBook& book) : socket_(std::move(socket)), book_(book) {}

  void read_line() {
    asio::async_read_until(socket_, asio::dynamic_buffer(input_, kLongestLine), '\n',
                           [self = shared_from_this()](const auto& error, std::size_t size) {
                             if (!error) {
                               self->answer(size);
                             }
                           });
  }

 private:
  void answer(std::size_t size) {
    std::istringstream line(input_.substr(0, size));
    input_.erase(0, size);
    output_ = answer_to(line) + "\n";
    asio::async_write(socket_, asio::buffer(output_),
                      [self = shared_from_this()](const auto& error, std::size_t) {
                        if (!error) {
                          self->read_line();
                        }
                      });
  }

  std::string answer_to(std::istringstream& line) {
    std::string verb;
    std::string name;
    double price = 0;
    if (!(line >> verb >> name)) {
      return "ERROR";
    }
    if (verb == "SET" && line >> price) {
      book_.set(name, price);
      return "OK";
    }
    const auto found = verb == "GET" ? book_.find(name) : std::nullopt;
    return found ? std::to_string(*found) : "UNKNOWN";
  }

  tcp::socket socket_;
  PriceBook& book_;
  std::string input_;
  std::string output_;
};

}  // namespace

LineServer::LineServer(asio::io_context& io, PriceBook& book, unsigned short port)
    : book_(book), acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), port)) {
  accept_next();
}

void LineServer::accept_next() {
  acceptor_.async_accept([this](const auto& error, tcp::socket socket) {
    if (!error) {
      std::make_shared<Session>(std::move(socket), book_)->read_line();
    }
    if (acceptor_.is_open()) {
      accept_next();
    }
  });
}
