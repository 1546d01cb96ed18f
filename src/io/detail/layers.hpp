#pragma once
// The four stacks a connection can be made of, and how a stream is built over each.

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>

#include "io/stream.hpp"

namespace perigee::io {

using tcp_layer = boost::asio::ip::tcp::socket;
using tls_layer = boost::asio::ssl::stream<tcp_layer>;

enum class side { client, server };

[[nodiscard]] peer_info describe(const tcp_layer& socket);
/// A plain or TLS stream over a connected socket; `host` is the name a client expects in the server's certificate.
[[nodiscard]] std::unique_ptr<stream> make_byte_stream(tcp_layer socket, const endpoint& at, side as);
/// The same with WebSocket on top.
[[nodiscard]] std::unique_ptr<stream> make_websocket_stream(tcp_layer socket, const endpoint& at, side as);

/// TLS's greeting on either kind of stack, and who it showed.
[[nodiscard]] task<> greet(tls_layer& layer, const endpoint& at, side as, peer_info& peer);

}  // namespace perigee::io
