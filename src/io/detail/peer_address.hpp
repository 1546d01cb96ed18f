#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "io/stream.hpp"

namespace perigee::io {

using stream_endpoint = boost::asio::generic::stream_protocol::endpoint;

[[nodiscard]] bool is_unix(const stream_endpoint& at);
[[nodiscard]] boost::asio::ip::tcp::endpoint as_tcp(const stream_endpoint& at);
[[nodiscard]] address_range::address bytes_of(const boost::asio::ip::address& of);
/// An IPv4 address that came in over an IPv6 socket (::ffff:10.0.0.1) as what it is.
[[nodiscard]] boost::asio::ip::address unmapped(const boost::asio::ip::address& of);
/// "10.0.0.1:53124", "[fe80::1%eth0]:53124".
[[nodiscard]] std::string text_of(const boost::asio::ip::address& address, std::uint16_t port);
/// The address at the other end, or the process at that of a Unix socket, and whether it is on this machine; empty
/// where the connection is gone.
[[nodiscard]] peer_info describe(boost::asio::generic::stream_protocol::socket& socket);
/// "uid-1000", the user at the other end of a Unix socket; empty where it is none.
[[nodiscard]] std::string user_behind(boost::asio::generic::stream_protocol::socket& socket);

}  // namespace perigee::io
