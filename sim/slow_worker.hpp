#pragma once

#include <cstdint>
#include <deque>
#include <utility>

#include "io/worker.hpp"
#include "sim/world.hpp"

namespace perigee::sim {

/// A worker whose jobs take virtual time: a job runs some time after it was submitted, and is reported some time later.
/// What is lost in between is what a crash at that moment loses. Owned by the node.
class slow_worker final : public io::worker {
 public:
  slow_worker(world& in, nanoseconds job_mean, std::function<void(std::move_only_function<void()>&)> report)
      : world_(in), job_mean_(job_mean), report_(std::move(report)) {}

  void submit(work job, work done) override;
  /// The process is gone: nothing queued happens.
  void forget();
  /// Jobs stand still until then.
  void pause(nanoseconds duration) { paused_until_ = world_.now() + duration; }
  [[nodiscard]] std::size_t queued() const { return jobs_.size(); }

 private:
  void start_next();
  void run_next();

  world& world_;
  nanoseconds job_mean_;
  std::function<void(std::move_only_function<void()>&)> report_;  // runs a `done` as the node whose worker it is
  std::deque<std::pair<work, work>> jobs_;
  bool busy_ = false;
  std::uint64_t life_ = 0;  // steps scheduled in an earlier life do nothing
  clock::time_point paused_until_{};
};

}  // namespace perigee::sim
