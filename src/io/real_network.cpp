// Listening and connecting on the machine's own network.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio.hpp>

#include "base/limits.hpp"
#include "io/detail/asio_clock.hpp"
#include "io/detail/asio_error.hpp"
#include "io/detail/layer.hpp"

namespace perigee::io {
namespace {

namespace asio = boost::asio;
namespace local = asio::local;
using tcp = asio::ip::tcp;
using stream_acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol>;

std::unique_ptr<stream> make_stream(stream_socket socket, const endpoint& at, side as,
                                    std::shared_ptr<arrivals> among = nullptr) {
  boost::system::error_code ignored;  // a socket that is already gone shows at its first read
  // A reading must not wait for a full segment: Nagle costs 40 ms here.
  if (at.path.empty()) socket.set_option(tcp::no_delay(true), ignored);
  layer over(std::move(socket), at, as, std::move(among));
  return at.websocket ? make_websocket_stream(std::move(over)) : make_byte_stream(std::move(over));
}

/// A descriptor kept back, so that whoever comes when there are no more can be turned away and does not wait in vain.
class spare_descriptor {
 public:
  spare_descriptor() { take(); }
  ~spare_descriptor() { give(); }
  spare_descriptor(const spare_descriptor&) = delete;
  spare_descriptor& operator=(const spare_descriptor&) = delete;

  void turn_one_away(int listener) {
    give();
    const int came = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (came >= 0) ::close(came);
    take();
  }

 private:
  void take() { kept_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC); }
  void give() {
    if (kept_ >= 0) ::close(std::exchange(kept_, -1));
  }

  int kept_ = -1;
};

class socket_acceptor final : public acceptor {
 public:
  socket_acceptor(stream_acceptor from, endpoint at) : from_(std::move(from)), at_(std::move(at)) {
    struct stat made{};
    if (!at_.path.empty() && ::stat(at_.path.c_str(), &made) == 0) made_ = {made.st_dev, made.st_ino};
  }
  ~socket_acceptor() override { close(); }

  task<std::unique_ptr<stream>> accept() override {
    if (is_cancelled(co_await asio::this_coro::cancellation_state)) co_return cancelled_before();
    for (;;) {
      auto r = co_await from_.async_accept(asio::as_tuple);
      auto& [ec, socket] = r;
      if (ec == asio::error::no_descriptors || ec == boost::system::errc::too_many_files_open_in_system) {
        spare_.turn_one_away(from_.native_handle());
        co_return fail(errc::full, "the process has no more file descriptors");
      }
      if (ec) co_return failed(ec, "no connection could be accepted");
      // A peer that reset the connection meanwhile has no address, so that nobody could say who was not let in.
      boost::system::error_code gone;
      (void)socket.remote_endpoint(gone);
      // Over its bound a listener closes at once what comes: the socket ends here.
      const bool full = at_.how.connections_max != 0 && arrivals_->open >= at_.how.connections_max;
      if (!gone && !full) co_return make_stream(std::move(socket), at_, side::server, arrivals_);
    }
  }

  std::uint16_t port() const override {
    boost::system::error_code ec;
    const auto at = from_.local_endpoint(ec);
    if (ec || !at_.path.empty()) return 0;
    tcp::endpoint out;
    out.resize(at.size());
    std::memcpy(out.data(), at.data(), at.size());
    return out.port();
  }

  void close() noexcept override {
    boost::system::error_code ignored;  // closing what is closed is fine
    from_.close(ignored);
    remove_file();
  }

 private:
  /// Unless another process has put its own there.
  void remove_file() noexcept {
    struct stat now{};
    if (!made_ || ::stat(at_.path.c_str(), &now) != 0) return;
    if (std::pair(now.st_dev, now.st_ino) == *std::exchange(made_, std::nullopt)) ::unlink(at_.path.c_str());
  }

  stream_acceptor from_;
  endpoint at_;
  std::optional<std::pair<dev_t, ino_t>> made_;  // a Unix socket's file
  spare_descriptor spare_;
  std::shared_ptr<arrivals> arrivals_ = std::make_shared<arrivals>();
};

/// True where the path is a socket that nobody listens on any more.
bool is_left_behind(const std::string& path) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) return false;
  asio::io_context idle;
  local::stream_protocol::socket probe(idle);
  boost::system::error_code ec;
  probe.connect(local::stream_protocol::endpoint(path), ec);
  return ec == asio::error::connection_refused;
}

class machine_network final : public network {
 public:
  explicit machine_network(shard& on) : on_(on) {}

  result<std::unique_ptr<acceptor>> listen(const endpoint& at) override {
    stream_acceptor made(on_.context());
    PG_TRY_VOID(at.path.empty() ? bind_ip(made, at) : bind_unix(made, at));
    boost::system::error_code ec;
    made.listen(asio::socket_base::max_listen_connections, ec);
    if (ec) return failed(ec, "the address or port cannot be listened on");
    return std::make_unique<socket_acceptor>(std::move(made), at);
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
  static result<> bind_ip(stream_acceptor& made, const endpoint& at) {
    boost::system::error_code ec;
    const auto address = asio::ip::make_address(at.host == "localhost" ? "127.0.0.1" : at.host, ec);
    if (ec) return fail(errc::malformed, "a listener's address is an IP address");
    const tcp::endpoint where(address, at.port);
    made.open(where.protocol(), ec);
    if (ec) return failed(ec, "the listener could not be made");
    made.set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec && address.is_v6()) made.set_option(asio::ip::v6_only(at.how.ipv6_only), ec);
    if (!ec) made.bind(where, ec);
    if (ec) return failed(ec, "the address or port cannot be listened on");
    return {};
  }

  static result<> bind_unix(stream_acceptor& made, const endpoint& at) {
    if (at.path.size() > limits::unix_path_bytes_max)
      return fail(errc::too_large, "the path of a Unix socket is too long");
    const local::stream_protocol::endpoint where(at.path);
    boost::system::error_code ec;
    made.open(where.protocol(), ec);
    if (ec) return failed(ec, "the listener could not be made");
    // Before it is there to connect to: bind takes the descriptor's mode, less the umask's bits.
    if (::fchmod(made.native_handle(), at.how.socket_mode) != 0) return fail(errc::io, "the socket's mode is refused");
    made.bind(where, ec);
    if (ec == asio::error::address_in_use && is_left_behind(at.path)) {
      ::unlink(at.path.c_str());
      made.bind(where, ec);
    }
    if (ec) return failed(ec, "the path cannot be listened on");
    if (::chmod(at.path.c_str(), at.how.socket_mode) != 0) return fail(errc::io, "the socket's mode is refused");
    return {};
  }

  task<std::unique_ptr<stream>> open(endpoint to) {
    co_await asio::this_coro::throw_if_cancelled(false);
    stream_socket socket(on_.context());
    if (to.path.empty()) {
      PG_CO_TRY_VOID(co_await reach(socket, to));
    } else {
      PG_CO_TRY_VOID(co_await reach_unix(socket, to));
    }
    auto made = make_stream(std::move(socket), to, side::client);
    PG_CO_TRY_VOID(co_await made->handshake());
    co_return made;
  }

  task<> reach(stream_socket& into, const endpoint& to) {
    tcp::resolver resolver(on_.context());
    auto resolved = co_await resolver.async_resolve(to.host, std::to_string(to.port), asio::as_tuple);
    auto& [resolve_ec, found] = resolved;
    if (resolve_ec) co_return failed(resolve_ec, "the host's name is not known");
    tcp::socket socket(on_.context());
    auto connected = co_await asio::async_connect(socket, found, asio::as_tuple);
    auto& [connect_ec, where] = connected;
    if (connect_ec) co_return failed(connect_ec, "the host does not answer");
    into = std::move(socket);
    co_return result<>();
  }

  task<> reach_unix(stream_socket& into, const endpoint& to) {
    if (to.path.size() > limits::unix_path_bytes_max) co_return fail(errc::too_large, "the path is too long");
    local::stream_protocol::socket socket(on_.context());
    auto connected = co_await socket.async_connect(local::stream_protocol::endpoint(to.path), asio::as_tuple);
    auto& [ec] = connected;
    if (ec) co_return failed(ec, "nobody listens on the Unix socket");
    into = std::move(socket);
    co_return result<>();
  }

  shard& on_;
};

}  // namespace

std::unique_ptr<network> real_network(shard& on) { return std::make_unique<machine_network>(on); }

}  // namespace perigee::io
