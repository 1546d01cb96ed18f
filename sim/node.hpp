#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.hpp"
#include "io/faulty_disk.hpp"
#include "io/memory_disk.hpp"
#include "io/worker.hpp"
#include "journal/journal.hpp"
#include "sim/world.hpp"

namespace perigee::sim {

/// A worker whose jobs take virtual time: a job runs some time after it was submitted, and is reported some time later.
/// What is lost in between is what a crash at that moment loses.
class slow_worker final : public io::worker {
 public:
  slow_worker(world& in, nanoseconds job_mean) : world_(in), job_mean_(job_mean) {}

  void submit(work job, work done) override;
  /// The process is gone: nothing queued happens.
  void forget();
  /// Jobs stand still until then.
  void pause(nanoseconds duration) { paused_until_ = world_.now() + duration; }

 private:
  void start_next();
  void run_next();

  world& world_;
  nanoseconds job_mean_;
  std::deque<std::pair<work, work>> jobs_;
  bool busy_ = false;
  std::uint64_t life_ = 0;  // steps scheduled in an earlier life do nothing
  clock::time_point paused_until_{};
};

/// A node's process and its disk. The process comes and goes; the disk stays, less what a power cut takes.
class node {
 public:
  node(world& in, std::string name, std::uint64_t segment_bytes);

  void start();
  /// A power cut takes what was not synced with it; a kill does not.
  void crash(bool power_cut, nanoseconds down_for);
  /// The power fails in the middle of the disk's n-th operation from now.
  void crash_within_disk_operation(std::uint64_t operations, nanoseconds down_for);
  void fail_disk(double probability) { disk_fails_ = probability; }
  void fill_disk(bool full);
  void pause(nanoseconds duration);
  void heal();

  [[nodiscard]] journal::journal* log() { return log_.get(); }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] world& in() { return world_; }

  /// In the order of registration: after a start, before a crash, after a commit, every 100 ms while up.
  std::vector<std::function<void()>> on_up;
  std::vector<std::function<void()>> on_down;
  std::vector<std::function<void()>> on_commit;
  std::vector<std::function<void()>> on_tick;

 private:
  errc fault(io::faulty_disk::operation op);
  void tick(std::uint64_t life);
  void remember_promises();
  void check_promises(const journal::recovery_report& found);

  world& world_;
  const std::string name_;
  const std::uint64_t segment_bytes_;
  io::memory_disk memory_;
  io::faulty_disk disk_;
  slow_worker worker_;
  metrics::registry metrics_;
  std::unique_ptr<journal::journal> log_;
  std::array<log_offset, model::lane_count> promised_{};  // acknowledged so far, over all lives
  std::uint64_t life_ = 0;
  double disk_fails_ = 0;
  std::uint64_t operations_left_ = 0;  // until the power fails; 0: it does not
  bool power_lost_ = false;
  nanoseconds down_for_{};
};

}  // namespace perigee::sim
