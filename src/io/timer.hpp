#pragma once

#include <memory>

#include "base/time.hpp"
#include "io/shard.hpp"
#include "io/task.hpp"

namespace perigee::io {

/// Waits for a moment. Owned by the coroutine that waits; on that coroutine's shard; ends at the moment or at `cancel`.
class timer {
 public:
  explicit timer(shard& on);
  ~timer();
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;

  /// errc::cancelled when cancelled first. One wait at a time.
  [[nodiscard]] task<> wait_until(clock::time_point when);
  /// Until `cancel`, whatever happens to the scope.
  [[nodiscard]] task<> wait_through();
  void cancel() noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

[[nodiscard]] task<> sleep_for(shard& on, nanoseconds duration);
/// Lets everything else that is ready have its turn. errc::cancelled when the coroutine's scope is cancelled.
[[nodiscard]] task<> yield(shard& on);

/// Something happened, said by one coroutine to one that waits for it. A notice given while nobody waits is kept;
/// several become one. On one shard.
class event {
 public:
  explicit event(shard& on) : timer_(on) {}

  void notify() noexcept {
    set_ = true;
    timer_.cancel();
  }
  /// errc::cancelled when the waiting coroutine's scope is cancelled.
  [[nodiscard]] task<> wait();
  /// The same, but errc::timed_out at `deadline`.
  [[nodiscard]] task<> wait_until(clock::time_point deadline);
  /// For what must come to its end: a cancelled scope does not cut it short.
  [[nodiscard]] task<> wait_through();

 private:
  timer timer_;
  bool set_ = false;
};

}  // namespace perigee::io
