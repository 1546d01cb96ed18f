#pragma once

#include <sys/epoll.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <vector>

#include "base/error.hpp"

namespace perigee::io::detail {

/// A descriptor that a poller watches. It must be removed before it ends.
class pollable {
 public:
  virtual ~pollable() = default;
  /// Ready for what it is watched for, or broken. It may remove itself and others.
  virtual void on_ready(bool readable, bool writable) = 0;
};

/// The sockets of a shard in an epoll set of their own, which stands in the shard's loop as one descriptor. Against an
/// Asio operation per wait it costs no memory for a connection that is idle, and no system call between two readings.
/// Level-triggered. Owned by the shard; made with the first socket.
class poller {
 public:
  explicit poller(boost::asio::io_context& in);
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;

  /// Watched for reading. The system's error where it takes no more.
  [[nodiscard]] result<> add(int descriptor, pollable& who);
  /// Watched for neither, a broken connection is not noticed.
  void watch(int descriptor, pollable& who, bool reading, bool writing);
  /// Before the descriptor is closed.
  void remove(int descriptor, pollable& who);
  /// on_ready(true, false) once more in the next turn, for what waits in a buffer and not in the socket.
  void again(pollable& who);

  /// The loop is handing out what is ready.
  [[nodiscard]] bool in_turn() const { return in_turn_; }
  void at_turn_end(std::move_only_function<void()> what) { endings_.push_back(std::move(what)); }

 private:
  static constexpr int turn_events_max = 256;

  void wait();
  void post_turn();
  void turn();
  [[nodiscard]] bool hand_out();
  void end_turn();
  void forget(const pollable& who);

  boost::asio::io_context& context_;
  boost::asio::posix::stream_descriptor set_;
  std::array<epoll_event, turn_events_max> ready_{};
  int ready_count_ = 0;  // of this turn
  std::vector<pollable*> again_;
  std::vector<pollable*> going_again_;
  std::vector<std::move_only_function<void()>> endings_;
  bool in_turn_ = false;
  bool posted_ = false;  // a turn is
  bool armed_ = false;   // the loop waits for the set
};

}  // namespace perigee::io::detail
