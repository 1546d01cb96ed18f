#pragma once

#include <initializer_list>
#include <memory>

#include "io/shard.hpp"
#include "io/task.hpp"

namespace perigee::io {

/// The process's signals as events. Owned by the node or a command, on its shard; ends with it.
class signals {
 public:
  signals(shard& on, std::initializer_list<int> which);
  ~signals();

  /// The number of the next one.
  [[nodiscard]] task<int> next();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace perigee::io
