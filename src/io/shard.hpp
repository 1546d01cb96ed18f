#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/time.hpp"
#include "io/worker.hpp"

namespace boost::asio {
class io_context;
}

namespace perigee::io {

namespace detail {
class poller;
}

/// One event loop on one thread. What lives on a shard is touched by that thread alone, so nothing on it takes a lock.
/// Owner: the node (or a test). Ends when `stop` is called or, in a simulation, when it is destroyed: its coroutines
/// are then dropped where they wait, as a crash would.
class shard {
 public:
  shard();
  ~shard();
  shard(const shard&) = delete;
  shard& operator=(const shard&) = delete;

  /// Runs on the calling thread until `stop`.
  void run();
  void stop();
  /// Any thread.
  void post(std::move_only_function<void()> what);
  /// A thread of its own for blocking jobs; see io/worker.hpp. It must not outlive the shard.
  [[nodiscard]] std::unique_ptr<worker> make_worker(std::string name);

  /// Simulation: runs everything that is ready now and says whether there was anything.
  bool poll();
  /// Simulation: when the earliest timer of this shard is due; time_point::max() when none waits.
  [[nodiscard]] clock::time_point next_expiry() const;

  /// For files that use Asio themselves.
  [[nodiscard]] boost::asio::io_context& context();
  /// For files that watch sockets themselves. Made at the first call.
  [[nodiscard]] detail::poller& poller();
  /// Null where none has been made.
  [[nodiscard]] detail::poller* existing_poller();

 private:
  friend class timer;
  struct state;
  std::unique_ptr<state> state_;
};

/// Runs a shard on virtual time until nothing is left to do or `end` is reached: polls, then jumps to the next expiry.
class virtual_time final : public time_source {
 public:
  explicit virtual_time(timestamp start = {1'700'000'000'000'000'000});

  [[nodiscard]] nanoseconds monotonic() const noexcept override { return now_; }
  [[nodiscard]] timestamp wall() const noexcept override { return start_ + now_; }
  [[nodiscard]] bool simulated() const noexcept override { return true; }

  void advance_to(clock::time_point t);
  void run(shard& on, nanoseconds for_at_most = std::chrono::hours(24));

 private:
  timestamp start_;
  nanoseconds now_{1};
};

/// The machine's clocks, for a real process. Once, at start.
void install_real_clock();

}  // namespace perigee::io
