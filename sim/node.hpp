#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.hpp"
#include "journal/journal.hpp"
#include "quarantine/keeper.hpp"
#include "readers/history/store.hpp"
#include "sim/channel.hpp"
#include "sim/disk.hpp"
#include "sim/shadow.hpp"
#include "sim/slow_worker.hpp"

namespace perigee::sim {

struct node_options {
  std::string name;
  std::array<journal::lane_options, model::lane_count> lanes{};
  bool rules = false;
  std::string history_file{};  // empty: none
};

/// A node's process and its disk. The process (journal, broker, children, rules, history) comes and goes; the disk
/// stays, less what a power cut takes. Owned by the site.
class node {
 public:
  node(world& in, node_options chosen);
  ~node();

  void start();
  /// A power cut takes what was not synced with it, and nobody is told; a kill closes every connection.
  void crash(bool power_cut, nanoseconds down_for);
  /// The power fails in the middle of the disk's n-th operation from now.
  void crash_within_disk_operation(std::uint64_t operations, nanoseconds down_for);
  /// The whole process stands still.
  void pause(nanoseconds duration);
  /// The disk answers late.
  void slow_disk(nanoseconds duration) { worker_.pause(duration); }
  void jump_clock(nanoseconds by) { wall_error_ += by; }
  void heal();

  /// A device or child connects; false while the process is down.
  bool accept(const std::shared_ptr<channel>& via);
  /// Runs a step with this node's clock: now, or when a pause is over, and not at all if the process dies before. Steps
  /// keep their order, as what lies in a socket does.
  void turn(std::move_only_function<void()> step);

  [[nodiscard]] bool up() const { return process_ != nullptr; }
  [[nodiscard]] journal::journal* log();
  [[nodiscard]] const std::string& name() const { return chosen_.name; }
  [[nodiscard]] const node_options& chosen() const { return chosen_; }
  [[nodiscard]] world& in() { return world_; }
  [[nodiscard]] sim::disk& disk() { return disk_; }
  [[nodiscard]] const sim::shadow& shadow() const { return shadow_; }
  /// Nothing is left for its own readers to do.
  [[nodiscard]] bool settled() const;
  /// Of the process that runs.
  [[nodiscard]] quarantine::keeper& aside();
  /// What the history holds; nothing where there is none.
  [[nodiscard]] std::optional<readers::history::history_totals> history_totals();
  /// Compares the whole journal with what was committed to it.
  void verify_all();

  /// In the order of registration: after a start, before a crash, after a commit, every 100 ms while up.
  std::vector<std::function<void()>> on_up;
  std::vector<std::function<void()>> on_down;
  std::vector<std::function<void()>> on_commit;
  std::vector<std::function<void()>> on_tick;

 private:
  struct process;

  result<> open();
  void started();
  void wake_later();
  void go_on();
  void run(std::move_only_function<void()> step);
  void committed();
  void tick(std::uint64_t life);
  void remember_promises();
  void check_start(const journal::recovery_report& found, std::uint64_t bytes_read);
  void check_bounds();

  world& world_;
  const node_options chosen_;
  sim::disk disk_;
  slow_worker worker_;
  slow_worker history_worker_;
  sim::shadow shadow_;
  metrics::registry metrics_;
  std::unique_ptr<process> process_;
  std::array<log_offset, model::lane_count> promised_{};  // acknowledged so far, over all lives
  std::uint64_t life_ = 0;
  nanoseconds down_for_{};
  nanoseconds wall_error_{};
  clock::time_point paused_until_{};
  std::deque<std::move_only_function<void()>> held_;  // steps that wait for the end of a pause
};

}  // namespace perigee::sim
