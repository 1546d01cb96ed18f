#include "sim/link.hpp"

#include <algorithm>
#include <format>
#include <utility>

namespace perigee::sim {

namespace mqtt = wire::mqtt;
namespace uplink = readers::uplink;

namespace {

constexpr nanoseconds rest_mean = milliseconds(300);

}  // namespace

link::link(node& child, node& parent, nanoseconds delay_mean, uplink::sender_options chosen)
    : world_(child.in()),
      child_(child),
      parent_(parent),
      chosen_(std::move(chosen)),
      wire_(world_, parent, *this,
            {.client_id = "uplink:" + child.name(), .keep_alive_s = 5, .delay_mean = delay_mean, .on = &child}) {
  chosen_.node = child_.name();
  chosen_.peer = parent_.name();
  child_.on_up.push_back([this] { child_up(); });
  child_.on_down.push_back([this] {
    wire_.forsake();
    sender_.reset();
  });
  child_.on_commit.push_back([this] { pump(); });
  child_.on_tick.push_back([this] { tick(); });
}

void link::child_up() {
  chosen_.aside = &child_.aside();
  auto opened = uplink::sender::open(*child_.log(), chosen_);
  if (opened) {
    sender_ = *std::move(opened);
    return;
  }
  if (!child_.disk().troubled())
    return world_.broken(std::format("{} has no uplink: {}", child_.name(), opened.error().text()));
  world_.after(nanoseconds(0), [this] { child_.crash(false, rest_mean); });
}

void link::cut() {
  if (auto* via = wire_.via()) via->cut();
}

void link::partition(nanoseconds duration) {
  cut();
  not_before_ = world_.now() + duration;
}

void link::swallow(toward to) {
  if (auto* via = wire_.via()) via->swallow(to);
}

void link::forsake() {
  if (!sender_ || wire_.connection() == nullptr) return;
  wire_.forsake();
  sender_->on_disconnected();
  if (!wire_.dial()) rest(rest_mean);
}

void link::read_slowly(nanoseconds duration) {
  if (auto* via = wire_.via()) via->hold(toward::server, duration);
}

void link::rest(nanoseconds mean) { not_before_ = std::max(not_before_, world_.now() + world_.around(mean)); }

void link::tick() {
  if (!sender_) return;
  wire_.on_tick();
  if (wire_.connection() != nullptr && sender_->stalled(world_.now())) wire_.hang_up();
  if (wire_.connection() == nullptr && world_.now() >= not_before_ && !wire_.dial()) rest(rest_mean);
  pump();
  check_state();
}

void link::pump() {
  auto* connection = wire_.connection();
  while (sender_ && connection != nullptr && connection->can_publish()) {
    const auto out = sender_->next(world_.now());
    if (!out) break;
    mqtt::publish message;
    message.topic = out->topic;
    message.payload = out->payload;
    message.qos = out->qos == 0 ? mqtt::qos::at_most_once : mqtt::qos::at_least_once;
    if (!connection->publish(message, out->token)) sender_->on_answer(out->token, false, world_.now());
  }
  wire_.flush();
}

void link::on_connected(const mqtt::connack&) {
  mqtt::subscription down;
  const auto filter = uplink::downlink_filter(child_.name());
  down.filter = filter;
  down.qos = mqtt::qos::at_least_once;
  if (!wire_.connection()->subscribe(down)) wire_.end_soon();
}

void link::on_subscribed(mqtt::packet_id, byte_view codes) {
  if (codes.empty() || codes[0] >= 0x80) return world_.broken("a parent refuses its child's downlink");
  world_.note(child_.name(), "uplink connected");
  sender_->on_connected();
  pump();
}

void link::on_message(const mqtt::publish& message) {
  if (message.qos != mqtt::qos::at_most_once) wire_.connection()->ack(message.packet_id);
  if (message.topic != uplink::welcome_topic(child_.name())) return;
  const auto taken = sender_->on_welcome(message.payload, world_.now(), world_.wall());
  if (!taken) return world_.broken(std::format("P1: {}: {}", child_.name(), taken.error().text()));
  pump();
}

void link::on_acknowledged(std::uint64_t tag, mqtt::reason code) {
  world_.note(child_.name(), mqtt::is_failure(code) ? "batch refused" : "batch acknowledged", tag);
  sender_->on_answer(tag, !mqtt::is_failure(code), world_.now());
  pump();
}

void link::on_closed(mqtt::reason, const char*) {
  world_.note(child_.name(), "uplink closed");
  sender_->on_disconnected();
  wire_.end_soon();
  rest(rest_mean);
}

client::link_state link::state() { return sender_->state(world_.now(), world_.wall()); }

/// P9: what the link says waits is what the two journals say: all that is committed here less what was acknowledged,
/// and nothing is acknowledged that the parent does not have.
void link::check_state() {
  if (!parent_.up()) return;
  const auto source = uplink::source_of(child_.name());
  std::uint64_t least = 0;
  std::uint64_t most = 0;
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    const auto l = static_cast<model::lane>(i);
    const auto committed = (*child_.log())[l].committed().value();
    const auto mark = (*parent_.log())[l].high_water(source);
    least += committed - std::min(committed, mark ? mark->sequence.value() : 0);
    most += committed;
  }
  const auto waits = state().records_waiting;
  world_.judged("P9 records waiting of a link");
  if (waits >= least && waits <= most) return;
  world_.broken(std::format("P9: the link of {} says that {} records wait, the journals say {} to {}", child_.name(),
                            waits, least, most));
}

bool link::settled() { return child_.up() && sender_ != nullptr && state().connected && state().records_waiting == 0; }

}  // namespace perigee::sim
