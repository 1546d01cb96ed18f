#include <algorithm>
#include <charconv>

#include "base/log.hpp"
#include "doors/mqtt/broker.hpp"
#include "doors/mqtt/sys_topics.hpp"
#include "model/sparkplug_topic.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::doors::mqtt {

namespace wire = perigee::wire::mqtt;

namespace {

std::uint64_t number_or_zero(std::string_view text) {
  std::uint64_t out = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() ? out : 0;
}

/// A device that stamps says so in two user properties; without both a record is not stamped.
void read_stamp(byte_view properties, model::record_view& r) {
  std::uint64_t epoch_value = 0;
  std::uint64_t sequence_value = 0;
  wire::property_reader reader(properties);
  for (wire::property p; reader.next(p);) {
    if (p.id != wire::property_id::user_property) continue;
    if (p.text == "epoch") epoch_value = number_or_zero(p.value);
    if (p.text == "seq") sequence_value = number_or_zero(p.value);
  }
  if (epoch_value == 0 || sequence_value == 0) return;
  r.epoch = epoch(epoch_value);
  r.sequence = sequence(sequence_value);
}

std::optional<refused_stamp> stamp_of(const wire::publish& message) {
  model::record_view r;
  read_stamp(message.properties, r);
  if (!r.stamped()) return std::nullopt;
  return refused_stamp{r.epoch, r.sequence};
}

/// The topic alias belongs to the connection, not to the message (MQTT5 3.3.2.3.4).
byte_view without_alias(byte_view properties, byte_buffer& scratch) {
  scratch.clear();
  wire::property_reader reader(properties);
  for (wire::property p; reader.next(p);) {
    if (p.id == wire::property_id::topic_alias) continue;
    scratch.insert(scratch.end(), reader.raw().begin(), reader.raw().end());
  }
  return scratch;
}

/// What is wrong with a message stays wrong. All else may pass, a disk that fails among it: there is no room now, and
/// the sender is to come again.
wire::reason code_for(const error& e) {
  if (is(e, errc::refused)) return wire::reason::not_authorized;
  if (is(e, errc::too_large)) return wire::reason::implementation_specific_error;
  if (is(e, errc::out_of_order)) return wire::reason::unspecified_error;
  return wire::reason::quota_exceeded;
}

/// MQTT 3.1.1 3.3.5: a message that is not authorized is acknowledged like any other, or the connection ends. Clients
/// of other brokers publish below `$` in good faith; it is nobody's there, so that nothing is lost.
bool is_dropped_unsaid(wire::protocol_version version, std::string_view topic, wire::reason code) {
  return version != wire::protocol_version::v5 && topic.starts_with('$') && code == wire::reason::not_authorized;
}

}  // namespace

void broker::publish(link& from, const wire::publish& message) {
  count_.received.add();
  count_.received_bytes.add(message.payload.size());
  ++from.session->traffic.received;
  from.session->traffic.received_bytes += message.payload.size();
  auto clean = message;
  if (message.topic_alias) clean.properties = without_alias(message.properties, properties_);
  const bool once = message.qos == wire::qos::exactly_once;
  auto* may = from.may();
  const bool forbidden = may != nullptr && !may->may_publish(message.topic);
  if (!forbidden && overtakes_refused(from, clean)) {
    from.connection().disconnect(wire::reason::quota_exceeded);
    return disconnected(from, {.code = wire::reason::quota_exceeded, .what = "an earlier stamp was refused"});
  }
  auto taken = forbidden                        ? forbid(from, clean)
               : once                           ? take_once(from, clean)
               : message.topic.starts_with('$') ? take_internal(from, clean)
                                                : take(*from.session, clean, from.session->signature());
  if (is_failure(taken.code)) {
    count_.refused.add();
    log::debug("doors.mqtt", "a message of '{}' on {} is refused: {}", from.identity().client_id, message.topic,
               name_of(taken.code));
  }
  if (taken.code == wire::reason::quota_exceeded) remember_refused(from, clean);
  if (taken.after) from.count_share(message.topic.size() + message.payload.size(), *taken.after);
  if (message.qos == wire::qos::at_most_once) return;
  if (is_dropped_unsaid(from.connection().version(), message.topic, taken.code)) taken.code = wire::reason::success;
  from.acknowledge(once ? wire::packet_type::pubrec : wire::packet_type::puback, message.packet_id, taken);
  wait_for_commit(from);
}

/// MQTT5 3.4.2.1. Before MQTT 5 the only "no" is to close the connection (3.1.1 3.3.5).
answer broker::forbid(link& from, const wire::publish& message) {
  count_.forbidden.add();
  log::debug("doors.mqtt", "'{}' may not publish on {}", from.identity().client_id, message.topic);
  const bool says_yes = options_.acknowledges_forbidden && from.connection().version() != wire::protocol_version::v5;
  return {says_yes ? wire::reason::success : wire::reason::not_authorized};
}

answer broker::take(const detail::session& from, const wire::publish& message, std::uint64_t delivery) {
  if (message.payload.size() > limits::message_payload_bytes_max) {
    return {wire::reason::implementation_specific_error};
  }
  model::record_view r;
  r.lane = lane_of(message.topic);
  r.retain = message.retain;
  r.qos = static_cast<std::uint8_t>(message.qos);
  r.topic = message.topic;
  r.payload = message.payload;
  r.properties = message.properties;
  r.source = from.source();
  r.arrival = context_.now.wall;
  r.delivery = delivery;
  if (!message.properties.empty()) read_stamp(message.properties, r);
  // Nobody waits for its commit: it need not have one of its own, and its subscribers need not wait for one.
  const bool live = message.qos == wire::qos::at_most_once || log_.acknowledges_at_once(r.lane);
  const auto at = live ? log_.stage(r) : log_.append(r);
  if (at && live) {
    host_.commit_waits();
    route_live(r, *at);
  }
  if (at) return {wire::reason::success, answer::commit_point{r.lane, *at}};
  if (!is(at.error(), errc::duplicate)) return {code_for(at.error())};
  // It may be staged only: safe when everything that is staged now is.
  const auto staged = log_.staged(r.lane).value();
  if (staged == 0) return {};
  return {wire::reason::success, answer::commit_point{r.lane, log_offset(staged - 1)}};
}

/// A stamped message that was refused must come before any later one: were a later one stored, the source's mark would
/// be past it, and it would be taken for stored when it comes again. Whether a later one was on its way already, or was
/// sent by a client that gave up, cannot be told on this connection; on the next one all that comes is sent knowingly.
bool broker::overtakes_refused(link& from, const wire::publish& message) const {
  if (std::ranges::none_of(from.refused, [](const auto& each) { return each.has_value(); })) return false;
  auto& first = from.refused[static_cast<std::size_t>(lane_of(message.topic))];
  if (!first || message.topic.starts_with('$')) return false;
  const auto stamp = stamp_of(message);
  if (!stamp || stamp->of != first->of) return false;
  if (stamp->number > first->number) return true;
  first.reset();
  return false;
}

void broker::remember_refused(link& from, const wire::publish& message) const {
  if (message.properties.empty() || message.topic.starts_with('$')) return;
  auto& first = from.refused[static_cast<std::size_t>(lane_of(message.topic))];
  const auto stamp = stamp_of(message);
  if (stamp && (!first || first->of != stamp->of)) first = stamp;
}

answer broker::take_internal(const link& from, const wire::publish& message) {
  if (internal_ == nullptr || !internal_->wants(message.topic)) return {wire::reason::not_authorized};
  return internal_->on_message(from.identity(), message, context_.now.wall);
}

model::lane broker::lane_of(std::string_view topic) const {
  for (const auto& rule : options_.lanes) {
    if (wire::matches(rule.filter, topic)) return rule.lane;
  }
  return model::lane::bulk;
}

void broker::subscribe(link& from, const wire::subscribe& request) {
  const auto identifier = wire::find_number(request.properties, wire::property_id::subscription_identifier).value_or(0);
  byte_buffer codes;
  wire::subscription_reader reader(request);
  for (wire::subscription s; reader.next(s);) {
    codes.push_back(static_cast<std::uint8_t>(subscribe_one(from, s, identifier)));
  }
  from.acknowledge(wire::packet_type::suback, request.packet_id, when_saved(*from.session), std::move(codes));
  wait_for_commit(from);
  show_subscriptions();
}

wire::reason broker::subscribe_one(link& from, const wire::subscription& s, std::uint32_t identifier) {
  if (!wire::is_topic_filter(s.filter)) return wire::reason::topic_filter_invalid;
  const auto shared = wire::parse_shared(s.filter);
  if (wire::is_shared_filter(s.filter) && !shared) return wire::reason::topic_filter_invalid;
  const auto covered = wire::covered_part(s.filter);
  if (auto* may = from.may(); may != nullptr && !may->may_subscribe(covered)) {
    count_.forbidden.add();
    log::debug("doors.mqtt", "'{}' may not subscribe to {}", from.identity().client_id, s.filter);
    return wire::reason::not_authorized;
  }
  const bool told_to_all = is_sys_filter(covered) || covered.starts_with(model::sparkplug::server_topics);
  const bool internal = covered.starts_with('$') && !told_to_all;
  if (internal && (internal_ == nullptr || !internal_->may_subscribe(from.identity(), covered))) {
    return wire::reason::not_authorized;
  }
  auto& session = *from.session;
  const bool known = session.all().contains(s.filter);
  const bool is_full = session.all().size() >= limits::mqtt_subscriptions_per_session_max ||
                       subscription_count() >= options_.subscriptions_max;
  if (!known && is_full) {
    return wire::reason::quota_exceeded;
  }
  auto* share = shared ? make_share(s.filter) : nullptr;
  if (shared && share == nullptr) return wire::reason::quota_exceeded;
  detail::subscription_entry entry;
  entry.shared = shared.has_value();
  entry.qos = s.qos;
  entry.no_local = s.no_local;
  entry.retain_as_published = s.retain_as_published;
  entry.identifier = identifier;
  for (std::size_t i = 0; i < model::lane_count; ++i) entry.since[i] = log_.committed(static_cast<model::lane>(i));
  const auto [kept, is_new] = session.subscribe(s.filter, entry);
  note_subscription(session, s.filter);
  if (share != nullptr) {  // MQTT5 4.8.2: no retained messages
    join_share(*share, session, *kept);
    return static_cast<wire::reason>(entry.qos);
  }
  subscribers_.insert(s.filter, {&session, kept});
  const bool wants_retained = s.retained == wire::retain_handling::send ||
                              (s.retained == wire::retain_handling::send_if_new && is_new);  // MQTT5 3.3.1.3
  if (wants_retained) session.send_retained(s.filter);
  return static_cast<wire::reason>(entry.qos);
}

bool broker::remove_subscription(detail::session& s, std::string_view filter) {
  subscribers_.erase(filter, {&s});
  leave_share(s, filter);
  const bool existed = s.unsubscribe(filter);
  note_subscription(s, filter);
  return existed;
}

void broker::unsubscribe(link& from, const wire::unsubscribe& request) {
  byte_buffer codes;
  wire::subscription_reader reader(request);
  for (wire::subscription s; reader.next(s);) {
    const bool existed = remove_subscription(*from.session, s.filter);
    codes.push_back(static_cast<std::uint8_t>(existed ? wire::reason::success : wire::reason::no_subscription_existed));
  }
  from.acknowledge(wire::packet_type::unsuback, request.packet_id, when_saved(*from.session), std::move(codes));
  wait_for_commit(from);
  show_subscriptions();
}

}  // namespace perigee::doors::mqtt
