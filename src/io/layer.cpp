#include "io/detail/layer.hpp"

#include <boost/asio.hpp>

#include "io/detail/asio_error.hpp"
#include "io/detail/peer_address.hpp"

namespace perigee::io {
namespace {

namespace asio = boost::asio;
using asio::socket_base;

socket_base::wait_type direction_of(const tls_socket::progress& made) {
  return made.what == tls_socket::state::wants_write ? socket_base::wait_write : socket_base::wait_read;
}

bool waits(const tls_socket::progress& made) {
  return made.what == tls_socket::state::wants_read || made.what == tls_socket::state::wants_write;
}

boost::system::error_code error_of(const tls_socket::progress& made) {
  switch (made.what) {
    case tls_socket::state::done: return {};
    case tls_socket::state::closed: return asio::error::eof;
    default: break;
  }
  return asio::error::connection_aborted;
}

/// One read or write of TLS as an Asio operation: tried, and tried again each time that the socket is ready. Like any
/// other of Asio's it never ends before the call that started it has returned.
template <class Try>
struct tls_operation {
  stream_socket& socket;
  Try attempt;
  bool started = false;
  bool done = false;
  tls_socket::progress made{};

  template <class Self>
  void operator()(Self& self, boost::system::error_code ec = {}) {
    if (done) return self.complete(error_of(made), made.bytes);
    const bool first = !std::exchange(started, true);
    if (!ec && !socket.is_open()) ec = asio::error::bad_descriptor;
    if (!ec) made = attempt();
    if (!ec && waits(made)) return socket.async_wait(direction_of(made), std::move(self));
    if (!first) return self.complete(ec ? ec : error_of(made), made.bytes);
    done = true;
    if (ec) made = {tls_socket::state::closed};
    asio::post(socket.get_executor(), std::move(self));
  }
};

}  // namespace

layer::layer(stream_socket socket, endpoint at, side as)
    : at_(std::move(at)), as_(as), peer_(describe(socket)), socket_(std::move(socket)) {}

task<> layer::greet() {
  if (at_.tls) PG_CO_TRY_VOID(co_await greet_tls());
  co_return result<>();
}

task<> layer::greet_tls() {
  boost::system::error_code ec;
  socket_.native_non_blocking(true, ec);
  if (ec) co_return failed(ec, "the connection ended");
  const auto setup = static_cast<const tls_state&>(*at_.tls).current();
  PG_CO_TRY(tls_, tls_socket::make(setup, socket_.native_handle(), as_, at_.host));
  for (;;) {
    if (!socket_.is_open()) co_return fail(errc::closed, "the connection was closed");
    const auto made = tls_->greet();
    if (made.what == tls_socket::state::done) break;
    if (made.what == tls_socket::state::closed) co_return fail(errc::closed, "the peer left the TLS handshake");
    if (made.what == tls_socket::state::failed) co_return fail(errc::refused, made.why);
    auto r = co_await socket_.async_wait(direction_of(made), asio::as_tuple);
    auto& [wait_ec] = r;
    if (wait_ec) co_return failed(wait_ec, "the TLS handshake was not finished");
  }
  auto name = tls_->peer_name();
  if (name) {
    peer_.identity = *std::move(name);
  } else if (as_ == side::server) {  // a client has checked the name that matters to it
    co_return std::unexpected(name.error());
  }
  co_return result<>();
}

void layer::close() noexcept {
  if (tls_ && socket_.is_open()) tls_->close();
  boost::system::error_code ignored;  // closing what is closed is fine
  socket_.shutdown(socket_base::shutdown_both, ignored);
  socket_.close(ignored);
}

int layer::release_socket() noexcept {
  boost::system::error_code ec;
  socket_.native_non_blocking(true, ec);
  const int released = ec ? -1 : socket_.release(ec);
  return ec ? -1 : released;
}

void layer::read(asio::mutable_buffer into, handler done) {
  if (!tls_) return socket_.async_read_some(into, std::move(done));
  const byte_span room(static_cast<std::uint8_t*>(into.data()), into.size());
  auto attempt = [this, room] { return room.empty() ? tls_socket::progress{} : tls_->read(room); };
  asio::async_compose<handler, void(boost::system::error_code, std::size_t)>(tls_operation{socket_, attempt}, done,
                                                                             socket_);
}

void layer::write(asio::const_buffer from, handler done) {
  if (!tls_) return socket_.async_write_some(from, std::move(done));
  const byte_view bytes(static_cast<const std::uint8_t*>(from.data()), from.size());
  auto attempt = [this, bytes] { return bytes.empty() ? tls_socket::progress{} : tls_->write(bytes); };
  asio::async_compose<handler, void(boost::system::error_code, std::size_t)>(tls_operation{socket_, attempt}, done,
                                                                             socket_);
}

void teardown(boost::beast::role_type, layer& of, boost::system::error_code& ec) {
  of.close();
  ec = {};
}

}  // namespace perigee::io
