// Listening and connecting on the machine's own network.

#include <boost/asio.hpp>

#include "io/detail/asio_clock.hpp"
#include "io/detail/asio_error.hpp"
#include "io/detail/layer.hpp"

namespace perigee::io {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

std::unique_ptr<stream> make_stream(tcp::socket socket, const endpoint& at, side as) {
  boost::system::error_code ignored;  // a socket that is already gone shows at its first read
  // A reading must not wait for a full segment: Nagle costs 40 ms here.
  socket.set_option(tcp::no_delay(true), ignored);
  layer over(std::move(socket), at, as);
  return at.websocket ? make_websocket_stream(std::move(over)) : make_byte_stream(std::move(over));
}

class tcp_acceptor final : public acceptor {
 public:
  tcp_acceptor(tcp::acceptor from, endpoint at) : from_(std::move(from)), at_(std::move(at)) {}

  task<std::unique_ptr<stream>> accept() override {
    if (is_cancelled(co_await asio::this_coro::cancellation_state)) co_return cancelled_before();
    for (;;) {
      auto r = co_await from_.async_accept(asio::as_tuple);
      auto& [ec, socket] = r;
      if (ec) co_return failed(ec, "no connection could be accepted");
      // A peer that reset the connection meanwhile has no address, so that nobody could say who was not let in.
      boost::system::error_code gone;
      (void)socket.remote_endpoint(gone);
      if (!gone) co_return make_stream(std::move(socket), at_, side::server);
    }
  }

  std::uint16_t port() const override {
    boost::system::error_code ec;
    return from_.local_endpoint(ec).port();
  }

  void close() noexcept override {
    boost::system::error_code ignored;  // closing what is closed is fine
    from_.close(ignored);
  }

 private:
  tcp::acceptor from_;
  endpoint at_;
};

class machine_network final : public network {
 public:
  explicit machine_network(shard& on) : on_(on) {}

  result<std::unique_ptr<acceptor>> listen(const endpoint& at) override {
    boost::system::error_code ec;
    const auto address = asio::ip::make_address(at.host, ec);
    if (ec) return fail(errc::malformed, "a listener's address is an IP address");
    const tcp::endpoint where(address, at.port);
    tcp::acceptor made(on_.context());
    made.open(where.protocol(), ec);
    if (ec) return failed(ec, "the listener could not be made");
    made.set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec) made.bind(where, ec);
    if (!ec) made.listen(asio::socket_base::max_listen_connections, ec);
    if (ec) return failed(ec, "the address or port cannot be listened on");
    return std::make_unique<tcp_acceptor>(std::move(made), at);
  }

  task<std::unique_ptr<stream>> connect(const endpoint& to, clock::time_point deadline) override {
    asio_timer limit(on_.context());
    const auto left = deadline - clock::now();
    auto r = co_await asio::co_spawn(on_.context(), open(to), asio::cancel_after(limit, left, asio::as_tuple));
    auto& [thrown, opened] = r;
    if (thrown) co_return fail(errc::timed_out, "the connection was not made in time");
    if (!opened && is(opened.error(), errc::cancelled))
      co_return fail(errc::timed_out, "the connection was not made in time");
    co_return std::move(opened);
  }

 private:
  task<std::unique_ptr<stream>> open(endpoint to) {
    co_await asio::this_coro::throw_if_cancelled(false);
    tcp::resolver resolver(on_.context());
    auto resolved = co_await resolver.async_resolve(to.host, std::to_string(to.port), asio::as_tuple);
    auto& [resolve_ec, found] = resolved;
    if (resolve_ec) co_return failed(resolve_ec, "the host's name is not known");
    tcp::socket socket(on_.context());
    auto connected = co_await asio::async_connect(socket, found, asio::as_tuple);
    auto& [connect_ec, where] = connected;
    if (connect_ec) co_return failed(connect_ec, "the host does not answer");
    auto made = make_stream(std::move(socket), to, side::client);
    PG_CO_TRY_VOID(co_await made->handshake());
    co_return made;
  }

  shard& on_;
};

}  // namespace

std::unique_ptr<network> real_network(shard& on) { return std::make_unique<machine_network>(on); }

}  // namespace perigee::io
