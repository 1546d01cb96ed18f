#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "io/channel.hpp"
#include "io/detail/arrivals.hpp"
#include "io/detail/poller.hpp"

namespace perigee::io::detail {

/// What channels over a socket have in common: the shard's poller watches it. The socket is connected, does not block,
/// and is the channel's.
class socket_channel : public channel, private pollable {
 public:
  [[nodiscard]] result<> open() { return poller_.add(socket_, *this); }

  void set_reading(bool on) final {
    if (std::exchange(reading_, on) != on) watch();
  }

 protected:
  socket_channel(poller& by, channel_user& user, owned_socket socket)
      : poller_(by), user_(user), socket_(socket.descriptor), counted_(std::move(socket.counted)) {}

  [[nodiscard]] int socket() const { return socket_; }
  void wait_for_room() {
    if (!std::exchange(writing_, true)) watch();
  }
  /// What can be read stands in a buffer and not in the socket.
  void read_again() {
    if (reading_) poller_.again(*this);
  }
  /// By the destructor of each kind.
  void close_socket() noexcept {
    if (socket_ < 0) return;
    poller_.remove(socket_, *this);
    ::close(std::exchange(socket_, -1));
  }

 private:
  void watch() { poller_.watch(socket_, *this, reading_, writing_); }

  void on_ready(bool readable, bool writable) override {
    if (writable && std::exchange(writing_, false)) {
      watch();
      return user_.on_writable();  // what can be read as well is told in the next turn
    }
    if (readable && reading_) user_.on_readable();
  }

  poller& poller_;
  channel_user& user_;
  int socket_;
  open_connection counted_;
  bool reading_ = true;
  bool writing_ = false;
};

}  // namespace perigee::io::detail
