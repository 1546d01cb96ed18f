#include "doors/mqtt/broker.hpp"

#include <algorithm>
#include <format>

#include "base/log.hpp"
#include "model/derived.hpp"
#include "wire/mqtt/node_property.hpp"

namespace perigee::doors::mqtt {

namespace wire = perigee::wire::mqtt;

namespace {

constexpr std::string_view place_name = "doors.mqtt";

std::uint32_t wanted_expiry_s(const wire::connect& hello, std::uint32_t most) {
  if (hello.version != wire::protocol_version::v5) return hello.clean_start ? 0 : most;
  return wire::find_number(hello.properties, wire::property_id::session_expiry_interval).value_or(0);
}

/// What the client sent was wrong, rather than missing or unwelcome.
bool is_violation(wire::reason code) {
  return code != wire::reason::keep_alive_timeout && code != wire::reason::maximum_connect_time &&
         code != wire::reason::quota_exceeded && code != wire::reason::not_authorized;
}

detail::stored_will store(const wire::will_message& w) {
  detail::stored_will out{std::string(w.topic), to_buffer(w.payload), {}, w.qos, w.retain, 0};
  wire::property_reader reader(w.properties);
  for (wire::property p; reader.next(p);) {
    if (p.id == wire::property_id::will_delay_interval) {
      out.delay_s = p.number;
    } else {
      out.properties.insert(out.properties.end(), reader.raw().begin(), reader.raw().end());
    }
  }
  return out;
}

}  // namespace

broker::broker(log_port& log, broker_host& host, metrics::registry& registry, broker_options options)
    : log_(log),
      host_(host),
      options_(std::move(options)),
      count_(registry),
      context_{log, host, retained_, count_, options_.queue},
      random_(options_.seed) {
  context_.changes.kept = options_.saves_state;
  if (options_.saves_state) retained_.note_changes();
}

broker::~broker() = default;

std::unique_ptr<link> broker::attach(transport& by, link_options options, moment now) {
  count_.connections.add(1);
  count_.opened.add();
  if (standing_ != nullptr && options.certificate) {
    options.name = standing_->name_of(std::move(options.name), *options.certificate);
  }
  return std::make_unique<link>(*this, by, std::move(options), now);
}

void broker::connect(link& from, const wire::connect& hello, byte_view last_words) {
  const auto client_id = hello.client_id.empty() ? make_client_id() : std::string(hello.client_id);
  const auto known = sessions_.find(client_id);
  if (known != sessions_.end() && known->second->name() != from.name()) {
    return turn_away(from, hello, {.name = {}, .why = "the session is another's"});
  }
  if (known == sessions_.end() && sessions_.size() >= limits::mqtt_sessions_max) {
    return turn_away(from, hello, {.code = wire::reason::quota_exceeded, .name = {}, .why = "too many sessions"});
  }
  wire::acceptance granted;
  const auto before = revision();
  auto* s = claim_session(from, hello, client_id);
  const bool ended_one = s == nullptr && revision() != before;
  granted.session_present = s != nullptr;
  if (s == nullptr) {
    auto made = std::make_unique<detail::session>(client_id, from.name(), make_session_number());
    s = sessions_.emplace(client_id, std::move(made)).first->second.get();
  }
  take_terms(*s, hello, granted);
  s->connected_since = context_.now.wall;
  if (hello.client_id.empty()) granted.assigned_client_id = s->client_id();
  if (auto* may = from.may(); may != nullptr) drop_forbidden(*s, *may);
  from.admit(*s);
  s->attach(from);
  s->changed(context_);
  // Nor may a session come back that a client was told is gone.
  from.welcome(granted, last_words, ended_one ? when_saved() : when_saved(*s));
  wait_for_commit(from);
  count_.clients.add(1);
  count_.clients_max.set(std::max(count_.clients_max.value(), count_.clients.value()));
  count_.sessions.set(static_cast<double>(sessions_.size()));
}

byte_buffer broker::own_name() const {
  byte_buffer out;
  if (!options_.node.empty()) wire::property_writer(out).user(wire::node_property, options_.node);
  return out;
}

/// With the client's name in the place of `${clientid}`. A name that would be more than one level of a topic, or a
/// wildcard, has no topics of its own.
std::string broker::response_information(std::string_view client_id) const {
  constexpr std::string_view variable = "${clientid}";
  auto out = options_.response_information;
  if (out.contains(variable) && client_id.find_first_of("/+#") != std::string_view::npos) return {};
  for (auto at = out.find(variable); at != std::string::npos; at = out.find(variable, at + client_id.size())) {
    out.replace(at, variable.size(), client_id);
  }
  return out;
}

wire::reason broker::admits(const link& from, const wire::connect& hello) const {
  if (hello.client_id.size() > limits::mqtt_client_id_bytes_max) return wire::reason::client_identifier_not_valid;
  // Sources of this shape belong to the node's own readers, whose marks a client must not move.
  const auto reserved = [](std::string_view name) {
    return name.starts_with("uplink/") || name.starts_with(model::derived_prefix) || name.starts_with(user_prefix) ||
           name == model::quarantine_source || name == model::operators_source;
  };
  if (reserved(hello.client_id) || reserved(from.options().name)) return wire::reason::client_identifier_not_valid;
  // MQTT-3.1.3-8; before 3.1.1 a name is always needed.
  const bool may_be_nameless = hello.version == wire::protocol_version::v5 ||
                               (hello.version == wire::protocol_version::v3_1_1 && hello.clean_start);
  if (hello.client_id.empty() && !may_be_nameless) return wire::reason::client_identifier_not_valid;
  if (hello.will && hello.will->topic.starts_with('$')) return wire::reason::topic_name_invalid;
  return wire::reason::success;
}

/// The session that goes on, if one does, with nobody else attached to it.
detail::session* broker::claim_session(link& from, const wire::connect& hello, const std::string& client_id) {
  const auto found = sessions_.find(client_id);
  if (found == sessions_.end()) return nullptr;
  auto* s = found->second.get();
  if (auto* other = s->attached()) {  // MQTT-3.1.4-3
    log::info(place_name, "{} takes over '{}' from {}", from.options().address, client_id, other->options().address);
    other->connection().disconnect(wire::reason::session_taken_over);
    other->touch();
    drop_link(*other);
    other->session = nullptr;
    s->left = {context_.now.wall, wire::reason::session_taken_over, "another connection took the session over"};
    if (other->traced()) traces_.closed(*other, s->left);
    leave(*s, true, context_.now);
    const auto still = sessions_.find(client_id);
    if (still == sessions_.end()) return nullptr;
    s = still->second.get();
  }
  if (!hello.clean_start && context_.now.wall < s->expires) return s;
  end_session(*s);
  return nullptr;
}

void broker::take_terms(detail::session& s, const wire::connect& hello, wire::acceptance& granted) {
  const auto wanted_s = wanted_expiry_s(hello, options_.session_expiry_s_max);
  s.expiry_s = std::min(wanted_s, options_.session_expiry_s_max);
  if (s.expiry_s != wanted_s) granted.session_expiry_s = s.expiry_s;
  if (s.expiry_s == 0) forget_subscriptions(s);
  s.will_due.reset();  // MQTT5 3.1.3.2.2: back in time
  s.will.reset();
  if (hello.will) s.will = store(*hello.will);
}

void broker::disconnected(link& from, const wire::closing& why) {
  if (!why.by_peer) {
    if (is_violation(why.code)) count_.malformed.add();
    log::warn(place_name, "{} is disconnected: {} ({})", from.options().address, why.what, name_of(why.code));
  }
  const departure how{context_.now.wall, why.code, why.what};
  if (from.traced()) traces_.closed(from, how);
  auto* s = std::exchange(from.session, nullptr);
  if (s == nullptr) return;
  s->left = how;
  if (why.session_expiry_s) s->expiry_s = std::min(*why.session_expiry_s, options_.session_expiry_s_max);
  leave(*s, why.send_will, context_.now);
}

/// The link sends and hears nothing more.
void broker::drop_link(link& gone) {
  if (std::exchange(gone.waits_for_commit, false)) std::erase(awaiting_commit_, &gone);
}

void broker::forget(link& gone) {
  drop_link(gone);
  count_.connections.add(-1);
}

void broker::leave(detail::session& s, bool send_will, moment now) {
  count_.clients.add(-1);
  s.expires = now.wall + std::chrono::seconds(s.expiry_s);
  s.detach(context_);
  std::erase(unfinished_, &s);
  if (!send_will) s.will.reset();
  if (s.will) {
    const auto delay_s = std::min(s.will->delay_s, s.expiry_s);  // MQTT5 3.1.3.2.2
    s.will_due = now.wall + std::chrono::seconds(delay_s);
    if (delay_s == 0) publish_will(s);
  }
  if (s.expiry_s == 0) end_session(s);
}

void broker::end_session(detail::session& s) {
  publish_will(s);
  std::erase(unfinished_, &s);
  if (s.awaits_save) std::erase(context_.awaiting_save, &s);
  if (s.awaits_commit) std::erase(context_.awaiting_commit, &s);
  returning_.erase(s.number());
  s.changed(context_);
  forget_subscriptions(s);
  leave_shares(s);
  for (const auto& [filter, entry] : s.all()) subscribers_.erase(filter, {&s});
  sessions_.erase(sessions_.find(s.client_id()));
  count_.sessions.set(static_cast<double>(sessions_.size()));
  show_subscriptions();
}

void broker::publish_will(detail::session& s) {
  s.will_due.reset();
  const auto w = std::exchange(s.will, std::nullopt);
  if (!w) return;
  wire::publish message;
  message.topic = w->topic;
  message.payload = w->payload;
  message.properties = w->properties;
  message.qos = w->qos;
  message.retain = w->retain;
  s.changed(context_);
  const auto taken = take(s, message, s.signature());
  if (is_failure(taken.code)) {
    log::warn(place_name, "the will of '{}' is lost: {}", s.client_id(), name_of(taken.code));
  }
}

void broker::on_tick(moment now) {
  set_now(now);
  for (auto at = sessions_.begin(); at != sessions_.end();) {
    auto& s = *at->second;
    ++at;
    if (s.attached() != nullptr) continue;
    if (s.will_due && *s.will_due <= now.wall) publish_will(s);
    if (s.expires > now.wall) continue;
    count_.expired.add();
    end_session(s);
  }
}

/// Whole packets of a connection, read or about to be written.
void broker::passed(link& on, detail::direction which, byte_view packets) {
  if (packets.empty()) return;
  const bool in = which == detail::direction::received;
  const auto counts = on.connection().take_packet_counts();
  if (counts.in != 0) count_.packets_received.add(counts.in);
  if (counts.out != 0) count_.packets_sent.add(counts.out);
  (in ? count_.wire_received_bytes : count_.wire_sent_bytes).add(packets.size());
  if (on.traced()) traces_.saw(on, which, packets, context_.now.wall);
}

std::uint64_t broker::make_session_number() {
  constexpr int bits = 48;  // with a packet id they are 64
  return std::max<std::uint64_t>(1, random_.next() >> (64 - bits));
}

std::string broker::make_client_id() {
  for (;;) {
    auto id = std::format("perigee-{:016x}", random_.next());
    if (!sessions_.contains(id)) return id;
  }
}

}  // namespace perigee::doors::mqtt
