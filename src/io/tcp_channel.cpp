#include "io/detail/tcp_channel.hpp"

#include <cerrno>

#include "io/detail/asio_error.hpp"
#include "io/detail/socket_channel.hpp"
#include "io/shard.hpp"

namespace perigee::io::detail {
namespace {

class tcp_channel final : public socket_channel {
 public:
  tcp_channel(poller& by, channel_user& user, owned_socket socket) : socket_channel(by, user, std::move(socket)) {}
  ~tcp_channel() override { close(); }

  result<std::size_t> try_read(byte_span into) override {
    const auto n = ::recv(socket(), into.data(), into.size(), 0);
    if (n > 0) return static_cast<std::size_t>(n);
    return n == 0 ? fail(errc::closed, "the peer closed the connection") : nothing_now("the connection ended");
  }

  result<std::size_t> try_write(byte_view bytes) override {
    const auto n = ::send(socket(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    const auto done = n >= 0 ? result<std::size_t>(static_cast<std::size_t>(n)) : nothing_now("the connection ended");
    if (done && *done < bytes.size()) wait_for_room();
    return done;
  }

  void close() noexcept override { close_socket(); }

 private:
  static result<std::size_t> nothing_now(const char* what) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return 0;
    return failed({errno, boost::system::system_category()}, what);
  }
};

}  // namespace

std::unique_ptr<channel> make_tcp_channel(shard& on, channel_user& user, owned_socket socket) {
  auto made = std::make_unique<tcp_channel>(on.poller(), user, std::move(socket));
  if (!made->open()) return nullptr;
  return made;
}

}  // namespace perigee::io::detail
