#include "sim/sensor.hpp"

#include <algorithm>
#include <utility>

namespace perigee::sim {
namespace {

constexpr std::size_t window = 64;
constexpr nanoseconds delay_mean = milliseconds(1);
constexpr perigee::epoch device_epoch{1};

/// The same each time it is sent.
model::lane lane_of(std::uint64_t sequence) { return sequence % 7 == 0 ? model::lane::alarm : model::lane::bulk; }

}  // namespace

sensor::sensor(node& at, std::string name, canary bird)
    : world_(at.in()),
      node_(at),
      name_(std::move(name)),
      bird_(bird),
      up_(world_, delay_mean),
      down_(world_, delay_mean) {
  node_.on_down.push_back([this] { cut(); });
  node_.on_commit.push_back([this] { acknowledge_what_is_durable(); });
  node_.on_tick.push_back([this] { connect(); });
}

void sensor::run(nanoseconds every) {
  producing_ = true;
  world_.after(world_.around(every), [this, every] {
    if (!producing_) return;
    if (unacknowledged_.size() < window) {
      unacknowledged_.push_back(++produced_);
      publish(produced_);
    }
    run(every);
  });
}

void sensor::cut() {
  connected_ = false;
  up_.cut();
  down_.cut();
  owed_.clear();
  not_before_ = world_.now() + world_.around(milliseconds(100));
}

/// After a new connection everything unacknowledged comes again, in order.
void sensor::connect() {
  if (connected_ || world_.now() < not_before_) return;
  connected_ = true;
  for (const auto sequence : unacknowledged_) publish(sequence);
}

void sensor::publish(std::uint64_t sequence) {
  if (connected_) up_.send([this, sequence] { arrive(sequence); });
}

/// At the door.
void sensor::arrive(std::uint64_t sequence) {
  const auto payload = std::to_string(sequence);
  model::record_view r;
  r.lane = lane_of(sequence);
  r.topic = "plant/press/temperature";
  r.payload = as_bytes(payload);
  r.source = name_;
  r.qos = 1;
  r.arrival = world_.wall();
  if (bird_ != canary::unstamped) {
    r.epoch = device_epoch;
    r.sequence = perigee::sequence(sequence);
  }
  auto& log = *node_.log();
  const auto at = log.append(r);
  const bool known = !at && is(at.error(), errc::duplicate);
  world_.note(node_.name(), at ? "appended" : known ? "known" : "refused", sequence);
  // Records behind a refused one must not pass it: their stamps would make it a duplicate when it comes again.
  if (!at && !known) return cut();
  if (bird_ == canary::early_ack) return acknowledge(sequence);
  owed_.push_back({sequence, r.lane, known ? log[r.lane].staged() : at->next()});
  acknowledge_what_is_durable();
}

void sensor::acknowledge_what_is_durable() {
  auto& log = *node_.log();
  std::erase_if(owed_, [&](const owed& o) {
    if (log[o.lane].acknowledged() < o.until) return false;
    acknowledge(o.sequence);
    return true;
  });
}

void sensor::acknowledge(std::uint64_t sequence) {
  down_.send([this, sequence] {
    acknowledged_.insert(sequence);
    std::erase(unacknowledged_, sequence);
  });
}

}  // namespace perigee::sim
