// Streams over TCP and TLS.

#include <boost/asio.hpp>

#include "io/detail/asio_error.hpp"
#include "io/detail/layer.hpp"
#include "io/detail/tcp_channel.hpp"
#include "io/detail/tls_channel.hpp"

namespace perigee::io {
namespace {

namespace asio = boost::asio;

class byte_stream final : public stream {
 public:
  explicit byte_stream(layer over) : layer_(std::move(over)) {}

  task<> handshake() override {
    const greeting listed(layer_);
    co_return co_await layer_.greet();
  }

  task<std::size_t> read_some(byte_span into) override {
    if (is_cancelled(co_await asio::this_coro::cancellation_state)) co_return cancelled_before();
    auto r = co_await layer_.async_read_some(asio::buffer(into.data(), into.size()), asio::as_tuple(asio::deferred));
    auto& [ec, n] = r;
    if (ec) co_return ended(ec, co_await asio::this_coro::cancellation_state, "the connection ended");
    co_return n;
  }

  task<> write(byte_view bytes) override {
    while (!bytes.empty()) {
      auto r =
          co_await layer_.async_write_some(asio::buffer(bytes.data(), bytes.size()), asio::as_tuple(asio::deferred));
      auto& [ec, n] = r;
      if (ec) co_return ended(ec, co_await asio::this_coro::cancellation_state, "the connection ended");
      bytes = bytes.subspan(n);
    }
    co_return result<>();
  }

  std::unique_ptr<channel> make_channel(shard& on, channel_user& user) override {
    auto counted = layer_.release_count();
    auto tls = layer_.release_tls();
    const int descriptor = layer_.release_socket();
    if (descriptor < 0) {
      layer_.close();
      return nullptr;
    }
    if (tls) return detail::make_tls_channel(on, user, {descriptor, std::move(counted)}, std::move(tls));
    return detail::make_tcp_channel(on, user, {descriptor, std::move(counted)});
  }
  void close() noexcept override { layer_.close(); }
  const peer_info& peer() const override { return layer_.peer(); }

 private:
  layer layer_;
};

}  // namespace

std::unique_ptr<stream> make_byte_stream(layer over) { return std::make_unique<byte_stream>(std::move(over)); }

}  // namespace perigee::io
