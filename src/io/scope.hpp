#pragma once

#include <memory>
#include <string>

#include "io/shard.hpp"
#include "io/task.hpp"

namespace perigee::io {

/// The coroutines that a service has started: a gate, a cancellation and the first error. Owned by the service, on its
/// shard. `close` cancels them all and waits; the destructor checks that none is left.
class scope {
 public:
  explicit scope(shard& on);
  ~scope();
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;

  /// Starts it now. An error that is not errc::cancelled is logged under `name`, and the first is kept.
  void spawn(std::string name, task<> what);
  void cancel();
  /// Cancels, waits until all have ended (nothing cuts that short), gives the first error.
  [[nodiscard]] task<> close();
  [[nodiscard]] std::size_t running() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace perigee::io
