#include "io/detail/tls_channel.hpp"

#include "io/detail/socket_channel.hpp"
#include "io/shard.hpp"

namespace perigee::io::detail {
namespace {

class tls_channel final : public socket_channel {
 public:
  tls_channel(poller& by, channel_user& user, owned_socket socket, std::unique_ptr<tls_socket> tls)
      : socket_channel(by, user, std::move(socket)), tls_(std::move(tls)) {
    if (tls_->has_pending()) read_again();  // came with the end of the greeting
  }
  ~tls_channel() override { close(); }

  result<std::size_t> try_read(byte_span into) override {
    const auto made = tls_->read(into);
    if (made.what == tls_socket::state::done && tls_->has_pending()) read_again();
    return settle(made);
  }

  result<std::size_t> try_write(byte_view bytes) override {
    std::size_t taken = 0;
    while (taken < bytes.size()) {
      const auto made = tls_->write(bytes.subspan(taken));
      if (made.what != tls_socket::state::done) {
        PG_TRY_VOID(settle(made));
        wait_for_room();
        break;
      }
      taken += made.bytes;
    }
    return taken;
  }

  void close() noexcept override {
    if (socket() >= 0) tls_->close();
    close_socket();
  }

 private:
  static result<std::size_t> settle(const tls_socket::progress& made) {
    if (made.what == tls_socket::state::closed) return fail(errc::closed, "the peer closed the connection");
    if (made.what == tls_socket::state::failed) return fail(errc::malformed, made.why);
    return made.bytes;
  }

  std::unique_ptr<tls_socket> tls_;
};

}  // namespace

std::unique_ptr<channel> make_tls_channel(shard& on, channel_user& user, owned_socket socket,
                                          std::unique_ptr<tls_socket> tls) {
  auto made = std::make_unique<tls_channel>(on.poller(), user, std::move(socket), std::move(tls));
  if (!made->open()) return nullptr;
  return made;
}

}  // namespace perigee::io::detail
