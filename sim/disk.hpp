#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "io/faulty_disk.hpp"
#include "io/memory_disk.hpp"
#include "model/record.hpp"
#include "sim/world.hpp"

namespace perigee::sim {

/// A node's disk with the faults of docs/simulation.md. What was synced stays over crashes. Owned by the node.
class disk {
 public:
  explicit disk(world& in);

  /// What the product uses.
  [[nodiscard]] io::disk& face() { return faulty_; }

  /// Each write, sync and rename fails with this probability. A failed sync gives up the pages it should have written.
  void fail_writes(double probability) { writes_fail_ = probability; }
  void fail_reads(double probability) { reads_fail_ = probability; }
  void fill(bool full);
  /// In the middle of the n-th operation from now the power fails: `happened` is called, and nothing reaches the disk
  /// any more.
  void fail_power_within(std::uint64_t operations, std::function<void()> happened);
  /// Turns one bit of a segment over that is not the newest of its lane; false where there is none.
  bool flip_a_bit(const std::string& journal_folder);
  /// Forgets what was not synced.
  void lose_power();
  /// The process is gone: nothing of it reaches the disk any more, and nothing it armed goes off.
  void lose_process();
  void heal();

  /// Bits flipped so far in a lane.
  [[nodiscard]] std::uint64_t flips(model::lane l) const { return flips_[static_cast<std::size_t>(l)]; }
  [[nodiscard]] bool troubled() const {
    return writes_fail_ > 0 || reads_fail_ > 0 || full_ || power_lost_ || operations_left_ != 0;
  }
  [[nodiscard]] bool power_is_lost() const { return power_lost_; }
  [[nodiscard]] std::uint64_t bytes_read() const { return faulty_.bytes_read(); }
  /// Of the segments of all lanes together, and of the largest of them.
  struct measure {
    std::uint64_t segments = 0;
    std::uint64_t largest_bytes = 0;
  };
  [[nodiscard]] measure segments(const std::string& journal_folder);

  /// While one lives no fault strikes: checkers read through it.
  class calm {
   public:
    explicit calm(disk& on) : on_(on) { ++on_.calm_; }
    ~calm() { --on_.calm_; }
    calm(const calm&) = delete;
    calm& operator=(const calm&) = delete;

   private:
    disk& on_;
  };

 private:
  errc fault(io::faulty_disk::operation op, const std::string& path);

  world& world_;
  io::memory_disk memory_;
  io::faulty_disk faulty_;
  double writes_fail_ = 0;
  double reads_fail_ = 0;
  bool full_ = false;
  int calm_ = 0;
  std::uint64_t operations_left_ = 0;  // until the power fails; 0: it does not
  bool power_lost_ = false;
  std::function<void()> on_power_lost_;
  std::array<std::uint64_t, model::lane_count> flips_{};
};

}  // namespace perigee::sim
