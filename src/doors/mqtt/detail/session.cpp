#include "doors/mqtt/detail/session.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "doors/mqtt/detail/share.hpp"
#include "doors/mqtt/detail/state.hpp"
#include "doors/mqtt/link.hpp"
#include "model/gap.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::doors::mqtt::detail {
namespace {

namespace wire = perigee::wire::mqtt;

constexpr std::size_t read_bytes = 64U << 10;  // at a time
constexpr std::size_t turn_bytes = 1U << 20;   // read for one session before others have their turn
constexpr int packet_id_bits = 16;             // of a delivery

}  // namespace

message message_of(const model::record_view& r, model::lane l, place at) {
  return {r.topic,
          r.payload,
          r.properties,
          static_cast<wire::qos>(std::min<std::uint8_t>(r.qos, 2)),
          r.retain,
          r.source,
          r.arrival,
          journal_place{l, at},
          r.delivery >> packet_id_bits};
}

session::session(std::string client_id, std::string name, std::uint64_t number)
    : client_id_(std::move(client_id)),
      name_(std::move(name)),
      source_(name_.starts_with(user_prefix) ? std::make_unique<const std::string>(name_ + "/" + client_id_) : nullptr),
      number_(number),
      window_(limits::mqtt_inflight_out_max) {}

std::uint64_t session::signature() const {
  const bool is_one_of_several = source_ == nullptr && !name_.empty() && name_ != client_id_;
  return is_one_of_several ? number_ << packet_id_bits : 0;
}

void session::attach(link& to) {
  link_ = &to;
  unacknowledged_ = static_cast<std::uint16_t>(to_release_.size());  // those that end on this connection
  window_.set_messages_max(std::min(limits::mqtt_inflight_out_max, to.connection().peer_receive_maximum()));
  again_.clear();
  window_.for_each([&](wire::packet_id id, const in_flight& what) {
    if (what.at == stage::sent || what.at == stage::released) again_.push_back(id);
  });
  std::ranges::reverse(again_);
}

void session::detach(delivery_context& c) {
  link_ = nullptr;
  sweeps_.clear();
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (!lanes_[i].behind()) lanes_[i].fall_behind({c.routed[i], 0});
  }
  changed(c);
}

void session::changed(delivery_context& c) {
  if (!c.changes.kept || (!saved && !is_kept())) return;
  ++c.changes.revision;
  if (!std::exchange(noted_, true)) c.changes.sessions.push_back(client_id_);
}

bool session::take_shared(delivery_context& c, const message& m, const grant& g) {
  if (link_ == nullptr || !link_->has_room()) return false;
  const bool acknowledged = m.stored && std::min(m.qos, g.qos) != wire::qos::at_most_once;
  if (acknowledged && (!has_room() || !again_.empty())) return false;
  return deliver(c, m, g) == outcome::done;
}

bool session::has_room() const { return link_ != nullptr && !window_.full() && link_takes_more(); }

bool session::link_takes_more() const {
  return link_->has_room() && unacknowledged_ < link_->connection().peer_receive_maximum();
}

void session::offer(delivery_context& c, const message& m, const grant& g) {
  // What may overtake does: QoS 0 is promised nothing, its order against the others least of all.
  const bool overtakes = std::min(m.qos, g.qos) == wire::qos::at_most_once;
  auto* const stands = m.stored ? &lanes_[index(m.stored->lane)] : nullptr;
  if (stands != nullptr && stands->behind() && !overtakes) {
    const bool counts = !stands->waiting->count_from();
    if (counts && stands->waiting->add(m.stored->at, c.queue)) count_dropped(c);
    return;
  }
  if (deliver(c, m, g) == outcome::done) return;
  stands->fall_behind(m.stored->at);
  (void)stands->waiting->add(m.stored->at, c.queue);
  if (m.stored->at.offset >= c.log.committed(m.stored->lane)) await_commit(c);
  changed(c);
}

/// It is behind with messages that cannot be read yet.
void session::await_commit(delivery_context& c) {
  if (!std::exchange(awaits_commit, true)) c.awaiting_commit.push_back(this);
}

bool session::may_receive(std::string_view topic) const {
  auto* may = link_ != nullptr ? link_->may() : nullptr;
  return may == nullptr || may->may_receive(topic);
}

session::outcome session::deliver(delivery_context& c, const message& m, const grant& g) {
  if (!may_receive(m.topic)) return outcome::done;
  const auto properties = outgoing_properties(c, m, g);
  if (!properties) {
    count_dropped(c);
    return outcome::done;
  }
  wire::publish out;
  out.topic = m.topic;
  out.payload = m.payload;
  out.properties = *properties;
  out.retain = g.retain;
  out.qos = m.stored ? std::min(m.qos, g.qos) : wire::qos::at_most_once;
  if (out.qos != wire::qos::at_most_once) return send_stored(c, out, m, g.share);
  if (link_ != nullptr && link_->has_room()) {
    (void)send(c, out, properties->data() == m.properties.data());
  } else if (link_ != nullptr) {
    count_dropped(c);
  }
  return outcome::done;
}

session::outcome session::send_stored(delivery_context& c, wire::publish& out, const message& m, std::uint32_t share) {
  if (!has_room() || !again_.empty()) return outcome::wait;
  if (wire::encoded_size(out, link_->connection().version()) > link_->connection().peer_packet_bytes_max()) {
    count_dropped(c);  // MQTT-3.1.2-25: as if it had been delivered
    return outcome::done;
  }
  const bool waits = out.qos == wire::qos::exactly_once && is_saved_first(c);
  out.packet_id = window_.push({.where = *m.stored,
                                .share = share,
                                .qos = out.qos,
                                .at = waits ? stage::queued : stage::sent,
                                .retained = out.retain});
  changed(c);
  if (waits) {
    to_publish_.push_back({.id = out.packet_id, .revision = c.changes.revision});
    wait_for_save(c);
  } else {
    ++unacknowledged_;
    (void)send(c, out, out.properties.data() == m.properties.data());
  }
  return outcome::done;
}

/// `shared`: it differs from what others get of the message in its QoS and RETAIN alone.
bool session::send(delivery_context& c, const wire::publish& out, bool shared) {
  auto& to = link_->connection();
  const bool sent = shared && c.packets.active() && to.takes_shared_packets()
                        ? to.send_encoded(c.packets.packet(out, to.version()), out.qos)
                        : to.send(out);
  if (!sent) {
    count_dropped(c);
    return false;
  }
  c.count.sent.add();
  c.count.sent_bytes.add(out.payload.size());
  ++traffic.sent;
  traffic.sent_bytes += out.payload.size();
  link_->touch();
  return true;
}

std::optional<byte_view> session::outgoing_properties(delivery_context& c, const message& m, const grant& g) {
  const auto expires_in_s =
      m.properties.empty() ? std::nullopt : wire::find_number(m.properties, wire::property_id::message_expiry_interval);
  const auto waited_s = std::max<std::int64_t>(0, (c.now.wall - m.arrival) / std::chrono::seconds(1));
  if (expires_in_s && waited_s > 0 && waited_s >= *expires_in_s) return std::nullopt;  // MQTT-3.3.2-5
  if (g.identifiers.empty() && (!expires_in_s || waited_s == 0)) return m.properties;
  c.properties.clear();
  wire::property_writer out(c.properties);
  wire::property_reader in(m.properties);
  for (wire::property p; in.next(p);) {
    if (p.id == wire::property_id::message_expiry_interval) {
      out.number(p.id, static_cast<std::uint32_t>(p.number - waited_s));  // MQTT-3.3.2-6
    } else {
      c.properties.insert(c.properties.end(), in.raw().begin(), in.raw().end());
    }
  }
  for (const auto id : g.identifiers) out.number(wire::property_id::subscription_identifier, id);
  return c.properties;
}

/// So it is after most of what is written to a client.
bool session::nothing_waits() const {
  return std::ranges::none_of(lanes_, &standing::behind) && again_.empty() && to_publish_.empty() &&
         to_release_.empty() && sweeps_.empty();
}

bool session::pump(delivery_context& c) {
  if (link_ == nullptr || !link_->connection().connected() || nothing_waits()) return false;
  send_saved_releases(c);
  if (send_again(c) == outcome::wait || send_saved(c) == outcome::wait || sweep_retained(c) == outcome::wait) {
    return false;
  }
  std::size_t budget = turn_bytes;
  for (const auto l : {model::lane::alarm, model::lane::event, model::lane::bulk}) {
    if (lanes_[index(l)].behind() && catch_up(c, l, budget) == outcome::wait) return false;
  }
  return budget == 0;
}

void session::send_retained(std::string_view filter) {
  const auto same = std::ranges::find(sweeps_, filter, &sweep::filter);
  if (same == sweeps_.end()) {
    sweeps_.push_back({std::string(filter)});
  } else {
    same->after.reset();
  }
}

session::outcome session::sweep_retained(delivery_context& c) {
  while (!sweeps_.empty()) {
    auto& current = sweeps_.front();
    const auto found = subscriptions_.find(current.filter);
    const auto identifier = found == subscriptions_.end() ? 0 : found->second.identifier;
    const auto visit = [&](std::string_view topic, const retained_message& r) {
      if (!has_room()) return false;
      const message m{topic, r.payload, r.properties, r.qos, true, {}, r.arrival, r.stored};
      const grant g{found->second.qos, true, std::span(&identifier, identifier == 0 ? 0 : 1)};
      const auto waiting = to_publish_.size();
      if (deliver(c, m, g) == outcome::wait) return false;
      if (to_publish_.size() > waiting) to_publish_.back().retained_topic = topic;
      current.after = std::string(topic);
      return true;
    };
    if (found != subscriptions_.end() && !c.retained.walk(current.filter, current.after, visit)) return outcome::wait;
    sweeps_.erase(sweeps_.begin());
  }
  return outcome::done;
}

session::outcome session::catch_up(delivery_context& c, model::lane l, std::size_t& budget_bytes) {
  auto& stands = lanes_[index(l)];
  const auto live = place{c.routed[index(l)], 0};
  stands.at = std::max(stands.at, place{first_wanted(l, live.offset), 0});
  if (c.queue.messages_max != 0 && !count_waiting(c, l, budget_bytes)) return outcome::done;
  bool waits = false;
  while (stands.at < stands.waiting->closed_from().value_or(live) && !waits && budget_bytes != 0) {
    if (!read_missed(c, l, budget_bytes, waits)) break;
  }
  if (waits) return outcome::wait;
  if (stands.at >= stands.waiting->closed_from().value_or(live)) {
    stands.at = live;
    stands.waiting = nullptr;
    changed(c);
  }
  return outcome::done;
}

/// What nobody counted as it came. False where that takes a further turn.
bool session::count_waiting(delivery_context& c, model::lane l, std::size_t& budget_bytes) {
  auto& stands = lanes_[index(l)];
  auto& waiting = *stands.waiting;
  const auto end = waiting.closed_from().value_or(place{c.routed[index(l)], 0});
  while (waiting.count_from() && *waiting.count_from() < end) {
    const auto from = std::max(*waiting.count_from(), stands.at);
    if (budget_bytes == 0) return false;
    const auto next =
        c.log.read({.lane = l, .from = from, .bytes_max = read_bytes}, [&](place at, const model::record_view& r) {
          const bool counts = at < end && r.kind == model::record_kind::message && missed_grant(message_of(r, l, at));
          if (counts && waiting.add(at, c.queue)) count_dropped(c);
          return at < end;
        });
    if (!next || *next == from) break;
    waiting.counted_to(*next);
    budget_bytes -= std::min(budget_bytes, read_bytes);
  }
  waiting.counted();
  return true;
}

/// Once. False where there is no more to read, now or ever.
bool session::read_missed(delivery_context& c, model::lane l, std::size_t& budget_bytes, bool& waits) {
  auto& stands = lanes_[index(l)];
  const auto end = stands.waiting->closed_from().value_or(place{c.routed[index(l)], 0});
  const auto from = stands.at;
  const auto bytes = std::min(read_bytes, 1024 + 512 * (window_.messages_max() - window_.in_flight()));
  const auto next =
      c.log.read({.lane = l, .from = from, .bytes_max = bytes}, [&](place at, const model::record_view& r) {
        waits = at < end && offer_again(c, l, at, r) == outcome::wait;
        if (at < end && !waits) stands.at = {at.offset, at.inner + 1};  // stays so where the read fails behind it
        return at < end && !waits;
      });
  changed(c);
  if (!next) {
    log::fault("doors.mqtt", "{} cannot be sent what it missed: {}", client_id_, next.error().text());
    waits = true;
    return false;
  }
  if (*next == from && !waits) {
    await_commit(c);
    return false;
  }
  stands.at = *next;
  budget_bytes -= std::min(budget_bytes, bytes);
  return true;
}

/// Its subscriptions are not as they were when its messages were counted.
void session::count_again() {
  for (auto& stands : lanes_) {
    if (stands.behind()) stands.waiting->count_again(stands.at);
  }
}

/// The oldest message that a subscription could want: none of QoS 0, which nobody waits for.
log_offset session::first_wanted(model::lane l, log_offset live) const {
  auto first = live;
  for (const auto& [filter, entry] : subscriptions_) {
    if (entry.qos != wire::qos::at_most_once && !entry.shared) first = std::min(first, entry.since[index(l)]);
  }
  return first;
}

session::outcome session::offer_again(delivery_context& c, model::lane l, place at, const model::record_view& r) {
  if (r.kind == model::record_kind::gap) {
    const auto gone = model::decode_gap(r.payload);
    c.count.lost.add(gone ? gone->count : 1);
    lanes_[index(l)].waiting->count_again({at.offset.next(), 0});
    return outcome::done;
  }
  if (r.kind != model::record_kind::message) return outcome::done;
  const auto m = message_of(r, l, at);
  const auto g = missed_grant(m);
  return g ? offer_first(c, *lanes_[index(l)].waiting, m, *g) : outcome::done;
}

/// The first of those that wait.
session::outcome session::offer_first(delivery_context& c, queue& waiting, const message& m, const grant& g) {
  if (!waiting.drops_first(c.queue) && deliver(c, m, g) == outcome::wait) return outcome::wait;
  waiting.take(c.queue);
  return outcome::done;
}

/// QoS 0 is not kept for a client that was away (MQTT5 4.1) or could not take it.
std::optional<grant> session::missed_grant(const message& m) {
  auto g = grant_for(m);
  if (g && std::min(g->qos, m.qos) == wire::qos::at_most_once) g.reset();
  return g;
}

std::optional<grant> session::grant_for(const message& m) {
  std::optional<grant> out;
  identifiers_.clear();
  for (const auto& [filter, entry] : subscriptions_) {
    if (entry.shared || !wire::matches(filter, m.topic) || m.stored->at.offset < entry.since[index(m.stored->lane)])
      continue;
    if (entry.no_local && has_sent(m)) continue;
    if (!out) out.emplace();
    out->qos = std::max(out->qos, entry.qos);
    out->retain = out->retain || (entry.retain_as_published && m.retain);
    if (entry.identifier != 0) identifiers_.push_back(entry.identifier);
  }
  if (out) out->identifiers = identifiers_;
  return out;
}

grant session::grant_by_share(std::uint32_t number) {
  const auto by = std::ranges::find(shares, number, &share::number);
  const auto* entry = by == shares.end() ? nullptr : find((*by)->name());
  if (entry == nullptr || entry->identifier == 0) return {};
  identifiers_ = {entry->identifier};
  return {.identifiers = identifiers_};
}

std::pair<const subscription_entry*, bool> session::subscribe(std::string_view filter,
                                                              const subscription_entry& entry) {
  const auto found = subscriptions_.find(filter);
  if (found == subscriptions_.end()) return {&subscriptions_.emplace(filter, entry).first->second, true};
  const auto since = found->second.since;
  found->second = entry;
  found->second.since = since;  // MQTT-3.8.4-3: replacing loses nothing
  count_again();
  return {&found->second, false};
}

const subscription_entry* session::find(std::string_view filter) const {
  const auto found = subscriptions_.find(filter);
  return found == subscriptions_.end() ? nullptr : &found->second;
}

bool session::unsubscribe(std::string_view filter) {
  const auto found = subscriptions_.find(filter);
  if (found == subscriptions_.end()) return false;
  subscriptions_.erase(found);
  count_again();
  return true;
}

std::uint64_t session::behind_records(const offsets& routed) const {
  std::uint64_t out = 0;
  for (const auto l : {model::lane::alarm, model::lane::event, model::lane::bulk}) {
    const auto& stands = lanes_[index(l)];
    const auto live = routed[index(l)];
    const auto from = std::max(stands.at.offset, first_wanted(l, live));
    if (stands.behind() && from < live) out += live.value() - from.value();
  }
  return out;
}

std::optional<std::uint64_t> session::messages_waiting(const queue_bound& bound) const {
  std::uint64_t out = 0;
  for (const auto& stands : lanes_) {
    if (!stands.behind()) continue;
    const auto there = stands.waiting->messages(bound);
    if (!there) return std::nullopt;
    out += *there;
  }
  return out;
}

void session::count_dropped(delivery_context& c) {
  c.count.dropped.add();
  ++traffic.dropped;
}

}  // namespace perigee::doors::mqtt::detail
