#include "sim/device.hpp"

#include <algorithm>
#include <format>
#include <utility>

namespace perigee::sim {
namespace {

namespace mqtt = wire::mqtt;

constexpr std::size_t window = 48;
constexpr nanoseconds tick_every = milliseconds(100);
constexpr nanoseconds rest_mean = milliseconds(100);
constexpr std::uint64_t alarm_every = 7;
constexpr std::uint64_t event_every = 11;
constexpr std::uint64_t value_span = 100;

/// The same each time it is sent.
std::string_view lane_of(std::uint64_t number) {
  if (number % alarm_every == 0) return "alarm";
  return number % event_every == 0 ? "event" : "bulk";
}
/// Something that goes up and down.
std::uint64_t value_of(std::uint64_t number) { return (number * 37) % value_span; }

}  // namespace

device::device(node& at, device_options chosen)
    : world_(at.in()),
      node_(at),
      chosen_(std::move(chosen)),
      wire_(world_, at, *this, {.client_id = chosen_.name, .keep_alive_s = 2, .delay_mean = milliseconds(2)}) {
  world_.after(world_.around(tick_every), [this] { tick(); });
}

void device::run() {
  producing_ = true;
  world_.after(world_.around(chosen_.every), [this] {
    if (!producing_) return;
    if (unacknowledged_.size() < window) {
      unacknowledged_.push_back(++produced_);
      if (world_.random().chance(chosen_.poison)) poison_.insert(produced_);
      pump();
    }
    run();
  });
}

void device::tick() {
  world_.after(tick_every, [this] { tick(); });
  wire_.on_tick();
  if (wire_.connection() == nullptr && world_.now() >= not_before_ && !wire_.dial()) rest();
}

void device::rest() { not_before_ = world_.now() + world_.around(rest_mean); }

void device::cut() {
  if (auto* via = wire_.via()) via->cut();
}

void device::forsake() {
  wire_.forsake();
  sent_ = 0;
  if (!wire_.dial()) rest();
}

void device::read_slowly(nanoseconds duration) {
  if (auto* via = wire_.via()) via->hold(toward::client, duration);
}

/// Everything unacknowledged comes again on a new connection, in order.
void device::on_connected(const mqtt::connack&) {
  sent_ = 0;
  pump();
}

void device::pump() {
  auto* connection = wire_.connection();
  if (connection == nullptr) return;
  while (sent_ < unacknowledged_.size() && connection->can_publish() && publish(unacknowledged_[sent_])) ++sent_;
  wire_.flush();
}

bool device::publish(std::uint64_t number) {
  const auto topic = std::format("plant/{}/{}", chosen_.name, lane_of(number));
  const auto payload = poison_.contains(number) ? std::format("{{\"n\":{},", number)
                                                : std::format("{{\"n\":{},\"v\":{}}}", number, value_of(number));
  byte_buffer properties;
  if (chosen_.stamped) {
    mqtt::property_writer(properties).user("epoch", "1").user("seq", std::to_string(number));
  }
  mqtt::publish message;
  message.topic = topic;
  message.payload = as_bytes(payload);
  message.qos = mqtt::qos::at_least_once;
  message.properties = properties;
  return wire_.connection()->publish(message, number).has_value();
}

void device::on_message(const mqtt::publish&) {}

void device::on_acknowledged(std::uint64_t tag, mqtt::reason code) {
  world_.note(chosen_.name, mqtt::is_failure(code) ? "refused" : "acknowledged", tag);
  if (!mqtt::is_failure(code)) {
    acknowledged_.insert(tag);
    settle(tag);
  } else if (chosen_.stamped && code == mqtt::reason::unspecified_error) {
    refused_.insert(tag);
    settle(tag);
  } else {
    // No room: again later, and what was sent behind it too, in order.
    wire_.end_soon();
    rest();
  }
  pump();
}

void device::settle(std::uint64_t number) {
  const auto found = std::ranges::find(unacknowledged_, number);
  if (found == unacknowledged_.end()) return;
  if (static_cast<std::size_t>(found - unacknowledged_.begin()) < sent_) --sent_;
  unacknowledged_.erase(found);
}

void device::on_closed(mqtt::reason, const char*) {
  sent_ = 0;
  wire_.end_soon();
  rest();
}

}  // namespace perigee::sim
