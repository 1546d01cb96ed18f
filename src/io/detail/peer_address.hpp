#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/address.hpp>

#include "io/stream.hpp"

namespace perigee::io {

/// An IPv4 address that came in over an IPv6 socket (::ffff:10.0.0.1) as what it is.
[[nodiscard]] boost::asio::ip::address unmapped(const boost::asio::ip::address& of);
/// "10.0.0.1:53124", "[fe80::1%eth0]:53124".
[[nodiscard]] std::string text_of(const boost::asio::ip::address& address, std::uint16_t port);
/// The address at the other end, and whether it is of this machine; empty where the connection is gone.
[[nodiscard]] peer_info describe(const boost::asio::generic::stream_protocol::socket& socket);

}  // namespace perigee::io
