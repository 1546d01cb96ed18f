#pragma once

#include <functional>
#include <memory>

namespace perigee::io {

class shard;

/// Work that gathers while the shard's loop deals with what is ready, and is done once behind it: writing the output of
/// every connection that has some. Owned by whoever does the work, on its shard; not done any more when destroyed.
class turn_end {
 public:
  turn_end(shard& on, std::move_only_function<void()> what);
  ~turn_end();
  turn_end(const turn_end&) = delete;
  turn_end& operator=(const turn_end&) = delete;

  /// Soon, once, however often it is asked for until then.
  void request();

 private:
  struct state;
  shard& on_;
  std::shared_ptr<state> state_;
};

}  // namespace perigee::io
