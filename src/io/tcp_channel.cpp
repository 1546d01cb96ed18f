#include "io/detail/tcp_channel.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "io/detail/asio_error.hpp"
#include "io/detail/poller.hpp"
#include "io/shard.hpp"

namespace perigee::io::detail {
namespace {

class tcp_channel final : public channel, private pollable {
 public:
  tcp_channel(poller& by, channel_user& user, int socket) : poller_(by), user_(user), socket_(socket) {}
  ~tcp_channel() override { close(); }

  [[nodiscard]] result<> open() { return poller_.add(socket_, *this); }

  result<std::size_t> try_read(byte_span into) override {
    const auto n = ::recv(socket_, into.data(), into.size(), 0);
    if (n > 0) return static_cast<std::size_t>(n);
    return n == 0 ? ended("the peer closed the connection") : nothing_now("the connection ended");
  }

  result<std::size_t> try_write(byte_view bytes) override {
    const auto n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    const auto done = n >= 0 ? result<std::size_t>(static_cast<std::size_t>(n)) : nothing_now("the connection ended");
    if (done && *done < bytes.size()) wait_for_room(true);
    return done;
  }

  void set_reading(bool on) override {
    if (std::exchange(reading_, on) != on) poller_.watch(socket_, *this, reading_, writing_);
  }

  void close() noexcept override {
    if (socket_ < 0) return;
    poller_.remove(socket_, *this);
    ::close(std::exchange(socket_, -1));
  }

 private:
  static result<std::size_t> ended(const char* what) { return fail(errc::closed, what); }
  static result<std::size_t> nothing_now(const char* what) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return 0;
    return failed({errno, boost::system::system_category()}, what);
  }

  void wait_for_room(bool wanted) {
    if (std::exchange(writing_, wanted) != wanted) poller_.watch(socket_, *this, reading_, writing_);
  }

  void on_ready(bool readable, bool writable) override {
    if (writable && writing_) {
      wait_for_room(false);
      return user_.on_writable();  // what can be read as well is told in the next turn
    }
    if (readable && reading_) user_.on_readable();
  }

  poller& poller_;
  channel_user& user_;
  int socket_;
  bool reading_ = true;
  bool writing_ = false;
};

}  // namespace

std::unique_ptr<channel> make_tcp_channel(shard& on, channel_user& user, int socket) {
  auto made = std::make_unique<tcp_channel>(on.poller(), user, socket);
  if (!made->open()) return nullptr;
  return made;
}

}  // namespace perigee::io::detail
