#include "sim/process.hpp"

#include <utility>

#include "sim/rule_fold.hpp"

namespace perigee::sim {
namespace {

constexpr nanoseconds decision_mean = milliseconds(3);
constexpr nanoseconds remember_mean = milliseconds(40);
constexpr std::uint64_t ticks_a_second = 10;

doors::mqtt::broker_options broker_options_of(world& in) {
  doors::mqtt::broker_options out;
  out.lanes = {{"plant/+/alarm", model::lane::alarm}, {"plant/+/event", model::lane::event}};
  out.seed = in.random().next();
  return out;
}

}  // namespace

node::process::process(node& of, std::unique_ptr<journal::journal> opened)
    : owner(of),
      log(std::move(opened)),
      broker_log(*log),
      children(*log, of.metrics_, true),
      broker(broker_log, *this, of.metrics_, broker_options_of(of.world_)),
      gaps_of_quarantine(*log) {
  broker.set_internal(children);
  children.serve_through(broker);
}

node::process::~process() = default;

result<> node::process::open_readers() {
  PG_TRY(aside, quarantine::keeper::open(owner.disk_.face(), owner.worker_,
                                         {.file = "data/quarantine/records",
                                          .new_epoch = epoch(owner.world_.random().next() | 1),
                                          .metrics = owner.metrics_}));
  aside->tell_gaps_to(gaps_of_quarantine);
  if (owner.chosen_.rules) {
    PG_TRY(rules,
           readers::rules::rules_reader::open(
               idle, owner.disk_.face(), owner.worker_, *log, the_rules(),
               {.node = owner.name(), .state_file = "data/state/rules", .aside = *aside, .metrics = owner.metrics_}));
  }
  if (!owner.chosen_.history_file.empty()) {
    PG_TRY(history,
           readers::history::history_reader::open(
               idle, owner.history_worker_, *log,
               {.path = owner.chosen_.history_file, .retention = {}, .aside = *aside, .metrics = owner.metrics_}));
  }
  return {};
}

void node::process::on_commit() {
  broker.on_commit(now());
  children.on_commit();
  aside->on_commit();
  if (rules && !std::exchange(decision_due_, true)) {
    owner.world_.after(owner.world_.around(decision_mean), [this, life = owner.life_, &in = owner] {
      if (life == in.life_) in.turn([this] { decide(); });
    });
  }
  if (history && !std::exchange(remembering_, true)) {
    owner.world_.after(owner.world_.around(remember_mean), [this, life = owner.life_, &in = owner] {
      if (life == in.life_) in.turn([this] { remember(); });
    });
  }
}

void node::process::decide() {
  decision_due_ = false;
  while (rules->step(owner.world_.wall())) {
  }
}

void node::process::remember() {
  history->step([this](bool stored) {
    remembering_ = stored;
    if (stored) remember();
  });
}

void node::process::on_tick() {
  log->tick(owner.world_.wall());
  aside->tick(owner.world_.wall());
  for (const auto& each : ends) each->on_tick();
  std::erase_if(ends, [](const auto& each) { return each->over(); });
  broker.on_tick(now());
  if (rules) decide();
  if (rules && ++ticks_ % ticks_a_second == 0) rules->save();
  if (history && !std::exchange(remembering_, true)) remember();
}

void node::process::accept(const std::shared_ptr<channel>& via) {
  ends.push_back(
      std::make_unique<server_end>(owner.world_, broker, via, [&in = owner](auto step) { in.turn(std::move(step)); }));
}

void node::process::fall_silent() {
  for (const auto& each : ends) each->fall_silent();
}

void node::process::work_waits() {
  if (std::exchange(work_due_, true)) return;
  owner.world_.after(nanoseconds(0), [this, life = owner.life_, &in = owner] {
    if (life != in.life_) return;
    in.turn([this] {
      work_due_ = false;
      broker.work(now());
    });
  });
}

bool node::process::settled() const {
  if (history && history->behind() != 0) return false;
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    const auto& lane = (*log)[static_cast<model::lane>(i)];
    if (lane.committed() != lane.staged()) return false;
  }
  return !decision_due_;
}

}  // namespace perigee::sim
