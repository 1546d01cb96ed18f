// The messages of a bridge, out and in.

#include <algorithm>
#include <format>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "readers/bridge/core.hpp"
#include "readers/bridge/via.hpp"

namespace perigee::readers::bridge {
namespace {

using namespace std::chrono_literals;
namespace mqtt = wire::mqtt;
using mqtt::property_id;

constexpr std::array lanes_by_priority{model::lane::alarm, model::lane::event, model::lane::bulk};
constexpr auto hold_at_most = 1s;
constexpr auto deaf_for = 5s;
// A message's tag: its lane, and its number in it.
constexpr int number_bits = 60;
constexpr std::uint64_t first_retry_tag = static_cast<std::uint64_t>(model::lane_count) << number_bits;
// Before MQTT 5 a broker does not say how many messages of QoS 2 it takes at a time. Mosquitto takes 20, and ends the
// connection at more.
constexpr std::size_t untold_once_max = 20;
constexpr std::size_t turn_messages = 256;  // sent before the rest of the node has its turn

std::uint64_t tag_of(model::lane l, std::uint64_t number) {
  return static_cast<std::uint64_t>(l) << number_bits | number;
}
model::lane lane_of_tag(std::uint64_t tag) { return static_cast<model::lane>(tag >> number_bits); }
std::uint64_t number_of_tag(std::uint64_t tag) { return tag & ((1ULL << number_bits) - 1); }

}  // namespace

bool core::pump() {
  answer_due();
  auto* connection = link_.connection();
  if (connection == nullptr || !connection->connected() || !options_.aside->has_room()) return false;
  bool more = false;
  for (const auto l : lanes_by_priority) more = send_lane(l) || more;
  link_.flush();
  return more;
}

/// PUBACKs, PUBRECs and PUBCOMPs whose records are durable now.
void core::answer_due() {
  auto* connection = link_.connection();
  while (const auto due = in_.next_due()) {
    if (connection != nullptr && due->completes) {
      connection->complete(due->id);
    } else if (connection != nullptr) {
      connection->ack(due->id);
    } else if (!due->completes) {
      session_.received()[due->id].safe = true;
    }
  }
}

/// True where there is more to send at once.
bool core::send_lane(model::lane l) {
  auto& lane = out(l);
  auto* connection = link_.connection();
  const auto stream = static_cast<std::size_t>(l);
  for (std::size_t sent = 0; sent < turn_messages; ++sent) {
    const bool full =
        connection->in_flight() >= in_flight_max() || connection->output().size() >= limits::mqtt_output_bytes_max;
    if (full || !connection->can_publish(stream)) return false;
    const auto* next = lane.next();
    if (next == nullptr) return lane.has_more();
    send(l, *next);
    if (connection->closed()) return false;
  }
  return true;
}

std::size_t core::in_flight_max() const {
  const bool is_told = link_.connection()->version() == mqtt::protocol_version::v5;
  return sends_once_ && !is_told ? untold_once_max : limits::bridge_in_flight_max;
}

void core::send(model::lane l, const departing& next) {
  auto& connection = *link_.connection();
  const auto& r = next.message;
  const auto to = topics_.out(r.topic);  // it leaves: the outbox gives no other
  if (!properties_of(r)) {
    count_.expired.add();
    return to->rule->qos == mqtt::qos::at_most_once ? out(l).pass() : finish(l, take_unsent(l));
  }
  mqtt::publish message;
  message.topic = to->topic;
  message.payload = r.payload;
  message.qos = std::min(to->rule->qos, connection.terms().qos_max);
  message.retain = r.retain && to->rule->retain && connection.terms().retain_available;
  message.duplicate = message.qos != mqtt::qos::at_most_once && out(l).repeats(out(l).next_number());
  message.properties = properties_;
  const bool too_large = options_.payload_bytes_max != 0 && r.payload.size() > options_.payload_bytes_max;
  const auto tag = tag_of(l, out(l).next_number());
  const auto sent = too_large ? fail(errc::too_large, "the payload is over the bridge's payload_max")
                              : connection.publish(message, tag, static_cast<std::size_t>(l));
  if (!sent) {
    const departing kept = next;
    return set_aside(l, take_unsent(l), kept, sent.error().what);
  }
  link_state_.bytes_sent += r.payload.size();
  if (message.qos != mqtt::qos::at_most_once) {
    out(l).take(clock::now());
    return;
  }
  count_.sent.add();
  ++link_state_.records_sent;
  drained_.note(1, clock::now());
  // Its number is used up where another server would have given it one.
  if (to->rule->qos == mqtt::qos::at_most_once) return out(l).pass();
  finish(l, take_unsent(l));
}

std::uint64_t core::take_unsent(model::lane l) {
  session_.finish(session_.push(static_cast<std::size_t>(l), {}));
  return out(l).take(clock::now());
}

bool core::properties_of(const model::record& r) {
  properties_.clear();
  mqtt::property_reader reader(r.properties);
  mqtt::property_writer writer(properties_);
  for (mqtt::property p; reader.next(p);) {
    switch (p.id) {
      // They belong to the connection on which it came (MQTT5 3.3.2.3.4, 3.3.2.3.8).
      case property_id::topic_alias:
      case property_id::subscription_identifier: break;
      case property_id::message_expiry_interval: {  // MQTT5 3.3.2.3.3: less the time that it waited
        const auto waited = std::max<std::int64_t>(0, (clock::wall() - r.arrival).count() / 1'000'000'000);
        if (waited >= p.number) return false;
        writer.number(p.id, p.number - static_cast<std::uint32_t>(waited));
        break;
      }
      default: properties_.insert(properties_.end(), reader.raw().begin(), reader.raw().end());
    }
  }
  writer.user(left_property, options_.node);
  return true;
}

void core::finish(model::lane l, std::uint64_t number) {
  out(l).finish(number);
  link_.wake();
}

/// The lane goes on behind it when it is durable in quarantine, and not before.
void core::set_aside(model::lane l, std::uint64_t number, const departing& what, std::string_view why) {
  count_.refused.add();
  ++link_state_.records_refused;
  log::warn("readers.bridge", "{} does not take a message on {}: {}", options_.peer, what.message.topic, why);
  const bool own = what.node.empty();
  const model::origin origin{own ? std::string_view(log_.node()) : what.node,
                             own ? log_.life_at(l, what.at.offset) : what.life, own ? what.at.offset : what.offset};
  const auto ticket = options_.aside->set_aside(
      {.reader = kept_.source, .origin = origin, .at = what.at.offset, .reason = why, .record = what.message.view()},
      clock::wall());
  options_.aside->when_durable(ticket, [this, alive = std::weak_ptr(alive_), l, number] {
    if (!alive.expired()) finish(l, number);
  });
}

bool core::on_received(mqtt::packet_id id, std::uint64_t tag) {
  auto& lane = out(lane_of_tag(tag));
  auto* flight = lane.find(number_of_tag(tag));
  if (flight == nullptr || lane.receive(*flight, id)) return true;
  link_.wake();
  return false;  // when that is saved
}

void core::on_acknowledged(std::uint64_t tag, mqtt::reason code) {
  if (tag >= first_retry_tag) return retried(tag, code);
  const auto l = lane_of_tag(tag);
  const auto number = number_of_tag(tag);
  const auto* flight = out(l).find(number);
  if (flight == nullptr) return;
  if (mqtt::is_failure(code)) {
    if (code == mqtt::reason::quota_exceeded) {
      log::warn("readers.bridge", "{} has no room: trying again later", options_.peer);
      return link_.hang_up();
    }
    const auto refused = out(l).read_at(flight->at.value_or(journal::place{}));
    if (!refused) return finish(l, number);
    return set_aside(l, number, *refused, mqtt::name_of(code));
  }
  link_state_.rtt = clock::now() - flight->sent;
  ++link_state_.records_sent;
  count_.sent.add();
  drained_.note(1, clock::now());
  finish(l, number);
}

/// A person wants one that was refused tried again. It has a stream of its own, so that the lanes' messages keep their
/// identifiers.
void core::retry(const quarantine::kept_record& what, quarantine::keeper::outcome done) {
  auto* connection = link_.connection();
  const auto& r = what.record;
  if (r.source == kept_.source) return done(fail(errc::too_large, "it came by the bridge and is over a bound here"));
  const auto to = topics_.out(r.topic);
  if (!to) return done(fail(errc::not_found, "its topic does not pass the bridge any more"));
  if (connection == nullptr) return done(fail(errc::closed, "the bridge is not connected"));
  (void)properties_of(r);  // expired or not, somebody wants it there
  mqtt::publish message;
  message.topic = to->topic;
  message.payload = r.payload;
  message.qos = std::min(mqtt::qos::at_least_once, connection->terms().qos_max);
  message.retain = r.retain && to->rule->retain && connection->terms().retain_available;
  message.properties = properties_;
  const auto tag = first_retry_tag + next_retry_++;
  if (const auto sent = connection->publish(message, tag, model::lane_count); !sent) return done(sent);
  link_.flush();
  if (message.qos == mqtt::qos::at_most_once) return done({});
  retries_.emplace(tag, std::move(done));
}

void core::retried(std::uint64_t tag, mqtt::reason code) {
  const auto found = retries_.extract(tag);
  if (found.empty()) return;
  found.mapped()(mqtt::is_failure(code) ? result<>(fail(errc::refused, mqtt::name_of(code).data())) : result<>());
}

/// What the other broker has already is left as it is: subscribing again would send what is retained again.
void core::subscribe() {
  auto* connection = link_.connection();
  std::vector<std::string> wanted;
  for (const auto& rule : topics_.rules()) {
    if (!rule.comes_in()) continue;
    wanted.push_back(rule.remote_filter());
    if (std::ranges::contains(subscribed_, wanted.back())) continue;
    mqtt::subscription s;
    s.filter = wanted.back();
    s.qos = rule.qos;
    s.no_local = true;
    s.retain_as_published = true;
    s.retained = mqtt::retain_handling::send_if_new;
    if (const auto id = connection->subscribe(s)) asked_.emplace_back(*id, wanted.back());
  }
  for (const auto& filter : subscribed_) {
    if (!std::ranges::contains(wanted, filter)) (void)connection->unsubscribe(filter);
  }
  std::erase_if(subscribed_, [&](const std::string& filter) { return !std::ranges::contains(wanted, filter); });
  link_.flush();
}

void core::on_subscribed(mqtt::packet_id id, byte_view codes) {
  const auto asked = std::ranges::find(asked_, id, [](const auto& each) { return each.first; });
  if (asked == asked_.end()) return;
  const bool granted = !codes.empty() && codes[0] < 0x80;
  if (granted) {
    subscribed_.push_back(asked->second);
  } else {
    log::warn("readers.bridge", "{} refuses the subscription to {}", options_.peer, asked->second);
  }
  asked_.erase(asked);
}

void core::on_message(const mqtt::publish& message) {
  if (deaf_until_) {  // it comes again over the next connection
    if (message.qos == mqtt::qos::at_most_once) return count_.dropped.add();
    session_.received().erase(message.packet_id);
    return;
  }
  const auto to = topics_.in(message.topic);
  const bool circles = has_left(message.properties, options_.node) || has_entered(message.properties, options_.node);
  if (!to || circles) return in_.pass(message);
  if (message.payload.size() > limits::message_payload_bytes_max) {
    return refuse_in(message, to->topic, "the payload is over 4 MiB");
  }
  auto marked = message;
  properties_ = to_buffer(message.properties);
  mqtt::property_writer marks(properties_);
  marks.user(entered_property, options_.node);
  if (!kept_.peer.empty() && !has_left(message.properties, kept_.peer)) marks.user(left_property, kept_.peer);
  marked.properties = properties_;
  const auto stored = in_.take(marked, to->topic, message.retain && to->rule->retain, clock::wall());
  if (stored) {
    held_since_.reset();
    return count_.received.add();
  }
  if (is(stored.error(), errc::too_large)) return refuse_in(message, to->topic, stored.error().what);
  wait_for_room(stored.error());
}

bool core::on_release(mqtt::packet_id id) {
  if (deaf_until_) return false;
  const auto stored = in_.release(id, clock::wall());
  if (!stored) wait_for_room(stored.error());
  return false;
}

/// The journal takes nothing now. For a moment nothing is read, so that the other broker waits; then it is read, and
/// nothing of it taken, because acknowledgements of what went out are among it, and what went out may be all that the
/// journal waits for.
void core::wait_for_room(const error& why) {
  const auto now = clock::now();
  if (!held_since_) held_since_ = now;
  if (now < *held_since_ + hold_at_most) return link_.connection()->hold();
  log::warn("readers.bridge", "{} is not taken for a while: {}", options_.peer, why.text());
  deaf_until_ = now + deaf_for;
}

void core::refuse_in(const mqtt::publish& message, std::string_view topic, std::string_view why) {
  count_.refused.add();
  log::warn("readers.bridge", "a message of {} on {} is not taken: {}", options_.peer, message.topic, why);
  model::record_view r;
  r.topic = topic;
  r.payload = message.payload;
  r.source = kept_.source;
  r.arrival = clock::wall();
  const auto number = static_cast<std::uint64_t>(r.arrival.ns);
  const auto ticket = options_.aside->set_aside({.reader = kept_.source,
                                                 .origin = {log_.node(), log_.epoch(), log_offset(number)},
                                                 .at = log_[r.lane].staged(),
                                                 .reason = why,
                                                 .record = r},
                                                r.arrival);
  if (message.qos == mqtt::qos::at_most_once) return;
  options_.aside->when_durable(ticket, [this, alive = std::weak_ptr(alive_), id = message.packet_id] {
    if (alive.expired()) return;
    if (auto* connection = link_.connection()) connection->ack(id);
    link_.flush();
  });
}

}  // namespace perigee::readers::bridge
