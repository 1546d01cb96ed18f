#pragma once
// TCP or TLS as one Asio stream type, so that what is built on top is compiled once. The handlers that cross it are
// type-erased for the same reason: Beast's WebSocket over two stacks took minutes to compile.

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>
#include <memory>

#include "io/detail/arrivals.hpp"
#include "io/detail/tls_socket.hpp"
#include "io/stream.hpp"
#include "wire/proxy/header.hpp"

namespace perigee::io {

/// TCP's or a Unix domain's.
using stream_socket = boost::asio::generic::stream_protocol::socket;

/// A connected socket with TLS over it where the endpoint says so. Owned by one stream, on its shard.
class layer {
 public:
  using executor_type = boost::asio::any_io_executor;
  using next_layer_type = stream_socket;

  /// `among` is null for a client.
  layer(stream_socket socket, endpoint at, side as, std::shared_ptr<arrivals> among);

  /// The PROXY header where one is due, TLS's greeting, and whom they showed; nothing to do for plain TCP.
  [[nodiscard]] task<> greet();
  void close() noexcept;
  /// For a channel, which takes both over; nothing else is done with the layer then. Null for plain TCP.
  [[nodiscard]] std::unique_ptr<tls_socket> release_tls() { return std::move(tls_); }
  /// The connected socket, which does not block; -1 where it is gone.
  [[nodiscard]] int release_socket() noexcept;
  [[nodiscard]] open_connection release_count() { return std::move(counted_); }
  [[nodiscard]] arrivals* among() const { return counted_.among().get(); }
  [[nodiscard]] const peer_info& peer() const { return peer_; }
  [[nodiscard]] const endpoint& at() const { return at_; }
  [[nodiscard]] side as() const { return as_; }

  [[nodiscard]] executor_type get_executor() { return socket_.get_executor(); }
  [[nodiscard]] next_layer_type& next_layer() { return socket_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& into, Token&& token) {
    return start(std::forward<Token>(token), [this, buffer = first_of<boost::asio::mutable_buffer>(into)](
                                                 handler done) { read(buffer, std::move(done)); });
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& from, Token&& token) {
    return start(std::forward<Token>(token), [this, buffer = first_of<boost::asio::const_buffer>(from)](handler done) {
      write(buffer, std::move(done));
    });
  }

 private:
  using handler = boost::asio::any_completion_handler<void(boost::system::error_code, std::size_t)>;

  template <class Token, class Begin>
  static auto start(Token&& token, Begin begin) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [](auto&& done, Begin what) { what(handler(std::forward<decltype(done)>(done))); }, token, std::move(begin));
  }
  /// "Some" may always be the first non-empty buffer of the sequence.
  template <class Buffer, class Buffers>
  static Buffer first_of(const Buffers& all) {
    for (auto each = boost::asio::buffer_sequence_begin(all); each != boost::asio::buffer_sequence_end(all); ++each) {
      const Buffer buffer(*each);
      if (buffer.size() != 0) return buffer;
    }
    return {};
  }
  void read(boost::asio::mutable_buffer into, handler done);
  void write(boost::asio::const_buffer from, handler done);
  [[nodiscard]] task<> read_proxy_header();
  [[nodiscard]] task<> receive(byte_span into);
  [[nodiscard]] result<> take_client(const wire::proxy::header& from);
  [[nodiscard]] task<> greet_tls();

  endpoint at_;
  side as_;
  peer_info peer_;
  stream_socket socket_;
  std::unique_ptr<tls_socket> tls_;  // null: plain
  open_connection counted_;
};

/// How Beast ends a WebSocket over it: the stream closes the socket itself.
void teardown(boost::beast::role_type, layer& of, boost::system::error_code& ec);
template <class Handler>
void async_teardown(boost::beast::role_type, layer& of, Handler&& done) {
  of.close();
  boost::asio::post(of.get_executor(),
                    [done = std::forward<Handler>(done)]() mutable { std::move(done)(boost::system::error_code()); });
}

[[nodiscard]] std::unique_ptr<stream> make_byte_stream(layer over);
[[nodiscard]] std::unique_ptr<stream> make_websocket_stream(layer over);

}  // namespace perigee::io
