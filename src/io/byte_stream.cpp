// Streams over TCP and TLS.

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>

#include "io/detail/asio_error.hpp"
#include "io/detail/layers.hpp"
#include "io/detail/tls_state.hpp"

namespace perigee::io {
namespace {

namespace asio = boost::asio;

/// What TCP and TLS streams share; `Layer` is the socket or the TLS stream over it.
template <class Layer>
class byte_stream : public stream {
 public:
  template <class... Args>
  explicit byte_stream(peer_info peer, Args&&... args) : peer_(std::move(peer)), layer_(std::forward<Args>(args)...) {}

  task<std::size_t> read_some(byte_span into) override {
    auto r = co_await layer_.async_read_some(asio::buffer(into.data(), into.size()), asio::as_tuple);
    auto& [ec, n] = r;
    if (ec == asio::ssl::error::stream_truncated) co_return fail(errc::closed, "the peer left without a goodbye");
    if (ec) co_return failed(ec, "the connection ended");
    co_return n;
  }

  task<> write(byte_view bytes) override {
    auto r = co_await asio::async_write(layer_, asio::buffer(bytes.data(), bytes.size()), asio::as_tuple);
    auto& [ec, n] = r;
    if (ec) co_return failed(ec, "the connection ended");
    co_return result<>();
  }

  void close() noexcept override {
    boost::system::error_code ignored;  // closing what is closed is fine
    layer_.lowest_layer().shutdown(asio::socket_base::shutdown_both, ignored);
    layer_.lowest_layer().close(ignored);
  }

  const peer_info& peer() const override { return peer_; }

 protected:
  peer_info peer_;
  Layer layer_;
};

class tcp_stream final : public byte_stream<tcp_layer> {
 public:
  using byte_stream::byte_stream;
  task<> handshake() override { co_return result<>(); }
};

class tls_stream final : public byte_stream<tls_layer> {
 public:
  tls_stream(tcp_layer socket, const endpoint& at, side as)
      : byte_stream(describe(socket), std::move(socket), static_cast<tls_state&>(*at.tls).context), at_(at), as_(as) {}
  task<> handshake() override { return greet(layer_, at_, as_, peer_); }

 private:
  endpoint at_;
  side as_;
};

}  // namespace

task<> greet(tls_layer& layer, const endpoint& at, side as, peer_info& peer) {
  if (as == side::client) {
    SSL_set_tlsext_host_name(layer.native_handle(), at.host.c_str());
    layer.set_verify_callback(asio::ssl::host_name_verification(at.host));
  }
  const auto role = as == side::client ? asio::ssl::stream_base::client : asio::ssl::stream_base::server;
  auto r = co_await layer.async_handshake(role, asio::as_tuple);
  auto& [ec] = r;
  if (ec) co_return failed(ec, "the TLS handshake failed");
  peer.identity = common_name(layer.native_handle());
  co_return result<>();
}

peer_info describe(const tcp_layer& socket) {
  boost::system::error_code ec;
  const auto remote = socket.remote_endpoint(ec);
  if (ec) return {};
  const auto address = remote.address().to_string();
  const bool v6 = remote.address().is_v6();
  return {
      (v6 ? "[" + address + "]" : address) + ":" + std::to_string(remote.port()), {}, remote.address().is_loopback()};
}

std::unique_ptr<stream> make_byte_stream(tcp_layer socket, const endpoint& at, side as) {
  if (at.tls) return std::make_unique<tls_stream>(std::move(socket), at, as);
  auto peer = describe(socket);
  return std::make_unique<tcp_stream>(std::move(peer), std::move(socket));
}

}  // namespace perigee::io
