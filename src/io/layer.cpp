#include "io/detail/layer.hpp"

#include <algorithm>
#include <boost/asio.hpp>

#include "base/limits.hpp"
#include "crypto/x509_fields.hpp"
#include "io/detail/asio_error.hpp"
#include "io/detail/certificate.hpp"
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

greeting::greeting(layer& of) : among_(of.among()) {
  if (among_ == nullptr) return;
  place_ = among_->greeting.insert(among_->greeting.end(), &of);
  if (among_->greeting.size() > limits::greetings_max) among_->greeting.front()->close();
}

greeting::~greeting() {
  if (among_ != nullptr) among_->greeting.erase(place_);
}

layer::layer(stream_socket socket, endpoint at, side as, std::shared_ptr<arrivals> among)
    : at_(std::move(at)), as_(as), peer_(describe(socket)), socket_(std::move(socket)), counted_(std::move(among)) {}

task<> layer::greet() {
  if (as_ == side::server && at_.how.name_by_uid) peer_.identity = user_behind(socket_);
  if (as_ == side::server && at_.how.proxies) PG_CO_TRY_VOID(co_await read_proxy_header());
  if (at_.tls) PG_CO_TRY_VOID(co_await greet_tls());
  co_return result<>();
}

task<> layer::receive(byte_span into) {
  auto r = co_await asio::async_read(socket_, asio::buffer(into.data(), into.size()), asio::as_tuple);
  auto& [ec, n] = r;
  if (ec) co_return failed(ec, "the connection ended within its PROXY header");
  co_return result<>();
}

/// Not a byte more than the header is read: what follows may be TLS.
task<> layer::read_proxy_header() {
  boost::system::error_code ec;
  const auto remote = socket_.remote_endpoint(ec);
  if (ec) co_return failed(ec, "the connection ended");
  const auto is_this = [&](const address_range& range) { return range.contains(bytes_of(as_tcp(remote).address())); };
  if (!is_unix(remote) && std::ranges::none_of(at_.how.proxies->from, is_this)) {
    co_return fail(errc::refused, "it is none of the proxies that are trusted");
  }
  byte_buffer header(wire::proxy::fixed_bytes);
  PG_CO_TRY_VOID(co_await receive(header));
  PG_CO_TRY(const auto length, wire::proxy::length_of(header));
  header.resize(length);
  PG_CO_TRY_VOID(co_await receive(byte_span(header).subspan(wire::proxy::fixed_bytes)));
  PG_CO_TRY(const auto client, wire::proxy::parse(header));
  co_return take_client(client);
}

result<> layer::take_client(const wire::proxy::header& from) {
  using wire::proxy::family;
  if (from.from == family::ipv4 || from.from == family::ipv6) {
    asio::ip::address_v6::bytes_type six{};
    std::ranges::copy(from.address, six.begin());
    const auto address = from.from == family::ipv6
                             ? asio::ip::address(asio::ip::address_v6(six))
                             : asio::ip::address(asio::ip::address_v4({six[0], six[1], six[2], six[3]}));
    peer_.address = text_of(unmapped(address), from.port);
    peer_.loopback = peer_.loopback && unmapped(address).is_loopback();
  } else if (from.from == family::unix_socket) {
    peer_.address = "unix";
  }
  if (at_.how.proxies->name_clients && from.verified_name) {
    PG_TRY(peer_.identity, crypto::checked_name(*from.verified_name));
    peer_.certificate = std::make_shared<const peer_certificate>();
  }
  return {};
}

task<> layer::greet_tls() {
  boost::system::error_code ec;
  socket_.native_non_blocking(true, ec);
  if (ec) co_return failed(ec, "the connection ended");
  const auto setup = static_cast<const tls_state&>(*at_.tls).current();
  PG_CO_TRY(tls_, tls_socket::make(setup, socket_.native_handle(), as_,
                                   at_.server_name.empty() ? at_.host : at_.server_name));
  for (;;) {
    if (!socket_.is_open()) co_return fail(errc::closed, "the connection was closed");
    const auto made = tls_->greet(peer_.address);
    if (made.what == tls_socket::state::done) break;
    if (made.what == tls_socket::state::closed) co_return fail(errc::closed, "the peer left the TLS handshake");
    if (made.what == tls_socket::state::failed) co_return fail(errc::refused, made.why);
    auto r = co_await socket_.async_wait(direction_of(made), asio::as_tuple);
    auto& [wait_ec] = r;
    if (wait_ec) co_return failed(wait_ec, "the TLS handshake was not finished");
  }
  auto name = tls_->peer_name();
  if (!name && as_ == side::server) co_return std::unexpected(name.error());  // a client has checked what matters to it
  if (name) peer_.identity = *std::move(name);
  if (as_ == side::server) {
    PG_CO_TRY(peer_.certificate, tls_->peer_facts());
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
