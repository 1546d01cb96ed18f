#include "io/detail/peer_address.hpp"

#include <sys/socket.h>

#include <boost/asio.hpp>
#include <cstring>
#include <format>

namespace perigee::io {

namespace asio = boost::asio;
using asio::ip::tcp;
using stream_socket = asio::generic::stream_protocol::socket;

namespace {

/// Who made the connection, by the kernel's word.
std::optional<ucred> credentials(stream_socket& of) {
  ucred out{};
  socklen_t size = sizeof(out);
  if (::getsockopt(of.native_handle(), SOL_SOCKET, SO_PEERCRED, &out, &size) != 0) return std::nullopt;
  return out;
}

}  // namespace

bool is_unix(const stream_endpoint& at) { return at.protocol().family() == AF_UNIX; }

tcp::endpoint as_tcp(const stream_endpoint& at) {
  tcp::endpoint out;
  out.resize(at.size());
  std::memcpy(out.data(), at.data(), at.size());
  return out;
}

address_range::address bytes_of(const asio::ip::address& of) {
  if (of.is_v6()) return of.to_v6().to_bytes();
  return asio::ip::make_address_v6(asio::ip::v4_mapped, of.to_v4()).to_bytes();
}

asio::ip::address unmapped(const asio::ip::address& of) {
  if (!of.is_v6() || !of.to_v6().is_v4_mapped()) return of;
  return asio::ip::make_address_v4(asio::ip::v4_mapped, of.to_v6());
}

std::string text_of(const asio::ip::address& address, std::uint16_t port) {
  return std::format("{}{}{}:{}", address.is_v6() ? "[" : "", address.to_string(), address.is_v6() ? "]" : "", port);
}

peer_info describe(stream_socket& socket) {
  boost::system::error_code ec;
  const auto remote = socket.remote_endpoint(ec);
  if (ec) return {};
  if (is_unix(remote)) {
    const auto who = credentials(socket);
    return {who ? std::format("unix:uid={},pid={}", who->uid, who->pid) : "unix", {}, true};
  }
  const auto from = as_tcp(remote);
  const auto address = unmapped(from.address());
  return {text_of(address, from.port()), {}, address.is_loopback()};
}

std::string user_behind(stream_socket& socket) {
  boost::system::error_code ec;
  const auto remote = socket.remote_endpoint(ec);
  const auto who = !ec && is_unix(remote) ? credentials(socket) : std::nullopt;
  return who ? std::format("uid-{}", who->uid) : "";
}

}  // namespace perigee::io
