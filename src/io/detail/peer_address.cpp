#include "io/detail/peer_address.hpp"

#include <boost/asio.hpp>
#include <cstring>
#include <format>

namespace perigee::io {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

tcp::endpoint as_tcp(const asio::generic::stream_protocol::endpoint& from) {
  tcp::endpoint out;
  out.resize(from.size());
  std::memcpy(out.data(), from.data(), from.size());
  return out;
}

}  // namespace

asio::ip::address unmapped(const asio::ip::address& of) {
  if (!of.is_v6() || !of.to_v6().is_v4_mapped()) return of;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, of.to_v6());
}

std::string text_of(const asio::ip::address& address, std::uint16_t port) {
  return std::format("{}{}{}:{}", address.is_v6() ? "[" : "", address.to_string(), address.is_v6() ? "]" : "", port);
}

peer_info describe(const asio::generic::stream_protocol::socket& socket) {
  boost::system::error_code ec;
  const auto remote = socket.remote_endpoint(ec);
  if (ec) return {};
  const auto from = as_tcp(remote);
  const auto address = unmapped(from.address());
  return {text_of(address, from.port()), {}, address.is_loopback()};
}

}  // namespace perigee::io
