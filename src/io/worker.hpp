#pragma once
// Blocking work off the shard: disk syncs, SQLite, compression of large blocks.

#include <functional>
#include <memory>
#include <string>

namespace perigee::io {

/// One named queue of blocking jobs, done in order, one at a time. `job` runs off the shard; `done` then runs on the
/// shard that submitted it. In a simulation both run on the shard at a later virtual time. Destroying the worker runs
/// jobs already submitted but drops their `done`.
class worker {
 public:
  using work = std::move_only_function<void()>;

  virtual ~worker() = default;
  virtual void submit(work job, work done) = 0;
};

/// Runs both at once, in the caller: for unit tests.
class inline_worker final : public worker {
 public:
  void submit(work job, work done) override {
    job();
    done();
  }
};

}  // namespace perigee::io
