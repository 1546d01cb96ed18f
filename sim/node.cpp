#include "sim/node.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "sim/process.hpp"

namespace perigee::sim {
namespace {

constexpr nanoseconds job_mean = milliseconds(2);
constexpr nanoseconds tick_every = milliseconds(100);
constexpr nanoseconds start_again_after = milliseconds(300);
constexpr std::string_view journal_folder = "data/journal";

void each(const std::vector<std::function<void()>>& listeners) {
  for (const auto& listener : listeners) listener();
}

}  // namespace

node::node(world& in, node_options chosen)
    : world_(in),
      chosen_(std::move(chosen)),
      disk_(in),
      worker_(in, job_mean, [this](auto& done) { turn(std::move(done)); }),
      history_worker_(in, job_mean, [this](auto& done) { turn(std::move(done)); }),
      shadow_(in, chosen_.name, chosen_.rules) {}

node::~node() = default;

journal::journal* node::log() { return process_ ? process_->log.get() : nullptr; }

void node::turn(std::move_only_function<void()> step) {
  if (!process_) return;
  if (held_.empty() && world_.now() >= paused_until_) return run(std::move(step));
  held_.push_back(std::move(step));
  if (held_.size() == 1) wake_later();
}

void node::wake_later() {
  world_.after(std::max(nanoseconds(0), paused_until_ - world_.now()), [this, life = life_] {
    if (life == life_) go_on();
  });
}

void node::go_on() {
  if (world_.now() < paused_until_) return wake_later();
  for (const auto life = life_; life == life_ && !held_.empty();) {
    auto step = std::move(held_.front());
    run(std::move(step));
    if (life == life_) held_.pop_front();
  }
}

void node::run(std::move_only_function<void()> step) {
  const auto before = world_.set_wall_error(wall_error_);
  step();
  world_.set_wall_error(before);
}

result<> node::open() {
  PG_TRY_VOID(disk_.face().make_folder("data/state"));
  journal::options options{.folder = std::string(journal_folder),
                           .node = name(),
                           .new_epoch = epoch(world_.random().next() | 1),
                           .new_life = epoch(world_.random().next() | 1),
                           .lanes = chosen_.lanes,
                           .disk_free_min = 0,
                           .metrics = metrics_};
  const auto read_before = disk_.bytes_read();
  journal::recovery_report found;
  PG_TRY(auto log, journal::journal::open(disk_.face(), worker_, options, found));
  const auto bytes_read = disk_.bytes_read() - read_before;
  auto made = std::make_unique<process>(*this, std::move(log));
  PG_TRY_VOID(made->open_readers());
  process_ = std::move(made);
  check_start(found, bytes_read);
  return {};
}

void node::start() {
  if (process_) return;
  const auto before = world_.set_wall_error(wall_error_);
  const bool troubled = disk_.troubled();
  const auto opened = open();
  world_.set_wall_error(before);
  if (opened) return started();
  worker_.forget();
  history_worker_.forget();
  ++life_;
  if (!troubled) return world_.broken(std::format("{} does not start: {}", name(), opened.error().text()));
  world_.note(name(), "does not start");
  if (disk_.power_is_lost()) disk_.lose_power();
  disk_.lose_process();
  world_.after(start_again_after, [this] { start(); });
}

void node::started() {
  world_.note(name(), "up");
  process_->log->on_commit([this] { committed(); });
  {
    const sim::disk::calm quiet(disk_);
    shadow_.verify_some(*process_->log, disk_);
    shadow_.follow(*process_->log);
  }
  each(on_up);
  tick(life_);
}

void node::committed() {
  remember_promises();
  {
    const sim::disk::calm quiet(disk_);
    shadow_.follow(*process_->log);
  }
  process_->on_commit();
  each(on_commit);
}

void node::tick(std::uint64_t life) {
  if (life != life_ || !process_) return;
  turn([this] {
    process_->on_tick();
    check_bounds();
    each(on_tick);
  });
  world_.after(tick_every, [this, life] { tick(life); });
}

void node::crash(bool power_cut, nanoseconds down_for) {
  if (!process_) return;
  world_.note(name(), power_cut ? "power cut" : "killed");
  each(on_down);
  ++life_;
  if (power_cut) process_->fall_silent();
  process_.reset();
  worker_.forget();
  history_worker_.forget();
  disk_.lose_process();
  paused_until_ = {};
  held_.clear();
  if (power_cut) disk_.lose_power();
  world_.after(down_for, [this] { start(); });
}

void node::crash_within_disk_operation(std::uint64_t operations, nanoseconds down_for) {
  disk_.fail_power_within(operations, [this, down_for] {
    world_.after(nanoseconds(0), [this, life = life_, down_for] {
      if (life == life_) crash(true, down_for);
    });
  });
}

void node::pause(nanoseconds duration) {
  paused_until_ = world_.now() + duration;
  worker_.pause(duration);
  history_worker_.pause(duration);
}

void node::heal() {
  disk_.heal();
  paused_until_ = {};
}

bool node::accept(const std::shared_ptr<channel>& via) {
  if (!process_ || !held_.empty() || world_.now() < paused_until_) return false;
  turn([&] { process_->accept(via); });
  return true;
}

bool node::settled() const { return process_ != nullptr && process_->settled(); }

quarantine::keeper& node::aside() { return *process_->aside; }

std::optional<readers::history::history_totals> node::history_totals() {
  if (!process_ || !process_->history) return std::nullopt;
  process_.reset();
  worker_.forget();
  history_worker_.forget();
  const auto store = readers::history::store::open({.path = chosen_.history_file, .node = {}, .read_only = true});
  if (!store) return std::nullopt;
  const auto totals = (*store)->totals();
  return totals ? std::optional(*totals) : std::nullopt;
}

void node::verify_all() {
  if (!process_) return;
  const sim::disk::calm quiet(disk_);
  shadow_.verify_all(*process_->log, disk_);
}

void node::remember_promises() {
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    promised_[i] = std::max(promised_[i], (*process_->log)[static_cast<model::lane>(i)].acknowledged());
  }
}

/// P1 at each node by itself: what was acknowledged is there. P5: opening reads no more than the tail.
void node::check_start(const journal::recovery_report& found, std::uint64_t bytes_read) {
  std::uint64_t flips = 0;
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    const auto l = static_cast<model::lane>(i);
    const auto& lane = (*process_->log)[l];
    flips += disk_.flips(l);
    world_.judged("P1 a lane after a crash");
    if (lane.staged() >= promised_[i] && found.lanes[i].missing_records == 0) continue;
    world_.broken(std::format("P1: {} acknowledged {} up to {} and has it up to {} after a crash", name(),
                              model::name_of(l), promised_[i].value(),
                              lane.staged().value() - found.lanes[i].missing_records));
  }
  if (flips != 0) return;  // a damaged state frame has the segment before it read too
  constexpr std::uint64_t header_bytes = 128;
  constexpr std::uint64_t small_files_bytes = 32'768;
  const auto segments = disk_.segments(std::string(journal_folder));
  const auto most =
      small_files_bytes + segments.segments * header_bytes + 2 * model::lane_count * segments.largest_bytes;
  world_.judged("P5 bytes read by an opening");
  if (bytes_read <= most) return;
  world_.broken(std::format("P5: {} read {} bytes to open {} segments of at most {}", name(), bytes_read,
                            segments.segments, segments.largest_bytes));
}

/// P6: no lane holds more than its bound, but for a segment and what one record brings.
void node::check_bounds() {
  constexpr std::uint64_t record_bytes = 32'768;
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    const auto& lane = (*process_->log)[static_cast<model::lane>(i)];
    const auto& chosen = chosen_.lanes[i];
    world_.judged("P6 a lane is within its bound");
    if (lane.bytes() > chosen.bytes_max + 2 * chosen.segment_bytes + record_bytes) {
      world_.broken(std::format("P6: {} of {} holds {} bytes, its bound is {}", model::name_of(lane.lane()), name(),
                                lane.bytes(), chosen.bytes_max));
    }
  }
}

}  // namespace perigee::sim
