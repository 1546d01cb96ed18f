#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>

#include "io/detail/asio_error.hpp"
#include "io/detail/layer.hpp"
#include "io/detail/tls_state.hpp"

namespace perigee::io {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

peer_info describe(const tcp::socket& socket) {
  boost::system::error_code ec;
  const auto remote = socket.remote_endpoint(ec);
  if (ec) return {};
  const auto address = remote.address().to_string();
  const bool v6 = remote.address().is_v6();
  return {
      (v6 ? "[" + address + "]" : address) + ":" + std::to_string(remote.port()), {}, remote.address().is_loopback()};
}

}  // namespace

layer::layer(tcp::socket socket, endpoint at, side as)
    : at_(std::move(at)), as_(as), peer_(describe(socket)), socket_(std::move(socket)) {
  if (at_.tls) tls_.emplace(std::move(socket_), static_cast<tls_state&>(*at_.tls).context);
}

task<> layer::greet() {
  if (!tls_) co_return result<>();
  if (as_ == side::client) {
    SSL_set_tlsext_host_name(tls_->native_handle(), at_.host.c_str());
    tls_->set_verify_callback(asio::ssl::host_name_verification(at_.host));
  }
  const auto role = as_ == side::client ? asio::ssl::stream_base::client : asio::ssl::stream_base::server;
  auto r = co_await tls_->async_handshake(role, asio::as_tuple);
  auto& [ec] = r;
  if (ec) co_return failed(ec, "the TLS handshake failed");
  peer_.identity = common_name(tls_->native_handle());
  co_return result<>();
}

void layer::close() noexcept {
  boost::system::error_code ignored;  // closing what is closed is fine
  next_layer().shutdown(tcp::socket::shutdown_both, ignored);
  next_layer().close(ignored);
}

void layer::read(asio::mutable_buffer into, handler done) {
  if (tls_) return tls_->async_read_some(into, std::move(done));
  socket_.async_read_some(into, std::move(done));
}

void layer::write(asio::const_buffer from, handler done) {
  if (tls_) return tls_->async_write_some(from, std::move(done));
  socket_.async_write_some(from, std::move(done));
}

void teardown(boost::beast::role_type, layer& of, boost::system::error_code& ec) {
  of.close();
  ec = {};
}

}  // namespace perigee::io
