#include "sim/node.hpp"

#include <algorithm>
#include <format>
#include <utility>

namespace perigee::sim {
namespace {

constexpr nanoseconds job_mean = milliseconds(2);
constexpr nanoseconds tick_every = milliseconds(100);
constexpr std::uint64_t small_disk_bytes = 1500;  // left when the disk is full

void each(const std::vector<std::function<void()>>& listeners) {
  for (const auto& listener : listeners) listener();
}

}  // namespace

void slow_worker::submit(work job, work done) {
  jobs_.emplace_back(std::move(job), std::move(done));
  if (!busy_) start_next();
}

void slow_worker::start_next() {
  busy_ = !jobs_.empty();
  if (!busy_) return;
  const auto wait = std::max(nanoseconds(0), paused_until_ - world_.now());
  world_.after(wait + world_.around(job_mean_), [this, life = life_] {
    if (life == life_) run_next();
  });
}

void slow_worker::run_next() {
  auto [job, done] = std::move(jobs_.front());
  jobs_.pop_front();
  job();
  world_.after(world_.around(job_mean_ / 4), [this, life = life_, done = std::move(done)] mutable {
    if (life != life_) return;
    done();
    if (life == life_) start_next();
  });
}

void slow_worker::forget() {
  ++life_;
  jobs_.clear();
  busy_ = false;
}

node::node(world& in, std::string name, std::uint64_t segment_bytes)
    : world_(in),
      name_(std::move(name)),
      segment_bytes_(segment_bytes),
      disk_(memory_, [this](auto op, const auto&) { return fault(op); }),
      worker_(in, job_mean) {}

void node::start() {
  const std::uint64_t epoch = std::hash<std::string>{}(name_) | 1;
  journal::options chosen{.folder = "data",
                          .node = name_,
                          .new_epoch = perigee::epoch(epoch),
                          .new_life = perigee::epoch(world_.random().next() | 1),
                          .disk_free_min = 0,
                          .metrics = metrics_};
  for (auto& lane : chosen.lanes) lane.segment_bytes = segment_bytes_;
  journal::recovery_report found;
  auto opened = journal::journal::open(disk_, worker_, chosen, found);
  if (!opened) return world_.broken(std::format("{} does not start: {}", name_, opened.error().text()));
  log_ = *std::move(opened);
  world_.note(name_, "up");
  check_promises(found);
  log_->on_commit([this] {
    remember_promises();
    each(on_commit);
  });
  each(on_up);
  tick(life_);
}

void node::tick(std::uint64_t life) {
  if (life != life_ || !log_) return;
  log_->tick(world_.wall());
  each(on_tick);
  world_.after(tick_every, [this, life] { tick(life); });
}

void node::crash(bool power_cut, nanoseconds down_for) {
  if (!log_) return;
  world_.note(name_, power_cut ? "power cut" : "killed");
  each(on_down);
  ++life_;
  log_.reset();
  worker_.forget();
  operations_left_ = 0;
  power_lost_ = false;
  if (power_cut) memory_.crash(world_.random());
  world_.after(down_for, [this] { start(); });
}

void node::crash_within_disk_operation(std::uint64_t operations, nanoseconds down_for) {
  if (!log_ || operations_left_ != 0) return;
  operations_left_ = operations;
  down_for_ = down_for;
}

void node::fill_disk(bool full) {
  if (!full) return memory_.set_capacity(UINT64_MAX);
  const auto used = UINT64_MAX - memory_.free_bytes("data").value_or(0);
  memory_.set_capacity(used + small_disk_bytes);
}

void node::pause(nanoseconds duration) { worker_.pause(duration); }

void node::heal() {
  disk_fails_ = 0;
  operations_left_ = 0;
  fill_disk(false);
}

errc node::fault(io::faulty_disk::operation op) {
  using enum io::faulty_disk::operation;
  if (!log_) return errc::ok;  // opening: it is a test of its own
  if (power_lost_) return errc::closed;
  if (operations_left_ != 0 && --operations_left_ == 0) {
    power_lost_ = true;
    world_.after(nanoseconds(0), [this, life = life_] {
      if (life == life_) crash(true, down_for_);
    });
    return errc::closed;
  }
  const bool may_fail = op == write || op == sync || op == rename || op == sync_folder;
  return may_fail && world_.random().chance(disk_fails_) ? errc::io : errc::ok;
}

void node::remember_promises() {
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    promised_[i] = std::max(promised_[i], (*log_)[static_cast<model::lane>(i)].acknowledged());
  }
}

/// P1, at each node by itself: what was acknowledged is there.
void node::check_promises(const journal::recovery_report& found) {
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    const auto l = static_cast<model::lane>(i);
    const auto& lane = (*log_)[l];
    if (lane.staged() >= promised_[i] && found.lanes[i].missing_records == 0) continue;
    world_.broken(std::format("P1: {} acknowledged {} up to {} and has it up to {} after a crash", name_,
                              model::name_of(l), promised_[i].value(),
                              lane.staged().value() - found.lanes[i].missing_records));
  }
}

}  // namespace perigee::sim
