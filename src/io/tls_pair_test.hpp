#pragma once
// TLS over a socket pair: both ends in one thread, stepped by hand.

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "io/detail/tls_socket.hpp"
#include "io/tls.hpp"

namespace perigee::io {

struct ending {
  tls_socket::state what;
  std::string why;
};

/// Two ends of one connection.
class tls_pair {
 public:
  tls_pair(tls_context& here, tls_context& there, const std::string& host) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0) throw std::runtime_error("no socket pair");
    server_fd_ = ends[0];
    client_fd_ = ends[1];
    server = make(here, server_fd_, side::server, {});
    client = make(there, client_fd_, side::client, host);
  }
  ~tls_pair() {
    ::close(server_fd_);
    ::close(client_fd_);
  }

  /// Steps both until neither waits for the other. How the server's end came out.
  ending greet() {
    tls_socket::progress here{tls_socket::state::wants_read};
    tls_socket::progress there{tls_socket::state::wants_read};
    for (int i = 0; i < 20 && (waits(here) || waits(there)); ++i) {
      if (waits(there)) there = client->greet();
      if (waits(here)) here = server->greet();
    }
    client_greeted = there.what;
    return {here.what, here.why};
  }
  /// The text goes from one end to the other, in whatever pieces.
  static std::string pass(tls_socket& from, tls_socket& to, std::string_view text) {
    std::string out;
    byte_buffer room(10'000);
    for (int idle = 0; (!text.empty() || idle < 2) && idle < 100; ++idle) {
      if (!text.empty()) {
        const auto made = from.write(as_bytes(text));
        if (made.what == tls_socket::state::done) text.remove_prefix(made.bytes);
      }
      for (auto made = to.read(room); made.what == tls_socket::state::done; made = to.read(room)) {
        out += as_text(byte_view(room).first(made.bytes));
        idle = 0;
      }
    }
    return out;
  }
  [[nodiscard]] int client_descriptor() const { return client_fd_; }
  void hang_up_client() { ::shutdown(client_fd_, SHUT_RDWR); }

  std::unique_ptr<tls_socket> server;
  std::unique_ptr<tls_socket> client;
  tls_socket::state client_greeted = tls_socket::state::wants_read;

 private:
  static std::unique_ptr<tls_socket> make(tls_context& with, int fd, side as, const std::string& host) {
    return tls_socket::make(static_cast<tls_state&>(with).current(), fd, as, host).value();
  }
  static bool waits(const tls_socket::progress& made) {
    return made.what == tls_socket::state::wants_read || made.what == tls_socket::state::wants_write;
  }

  int server_fd_ = -1;
  int client_fd_ = -1;
};

}  // namespace perigee::io
