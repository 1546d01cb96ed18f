// What of a session is in flight: from the packet identifier to the last acknowledgement, over connections and restarts
// (MQTT5 4.3.2, 4.3.3, 4.4). Where the session outlasts its connection, a message of QoS 2 goes out when the state that
// gives it its identifier is saved, and its PUBREL when the state is saved that has its PUBREC: so a broker that is
// killed at any moment goes on where the client is.

#include <algorithm>

#include "base/limits.hpp"
#include "doors/mqtt/detail/session.hpp"
#include "doors/mqtt/detail/state.hpp"
#include "doors/mqtt/link.hpp"

namespace perigee::doors::mqtt::detail {

namespace wire = perigee::wire::mqtt;

namespace {

constexpr std::size_t read_bytes = 64U << 10;  // at a time
constexpr std::size_t bytes_of_one = 1024;     // about, of what was routed a moment ago

}  // namespace

void session::finish(delivery_context& c, wire::packet_id id) {
  if (window_.acknowledge(id) && unacknowledged_ > 0) --unacknowledged_;
  changed(c);
}

bool session::contradicts(wire::packet_type answer, wire::packet_id id) const {
  const auto* what = window_.find(id);
  if (what == nullptr) return false;  // it may be of a session before
  const bool once = what->qos == wire::qos::exactly_once;
  if (answer == wire::packet_type::puback) return once;
  return answer == wire::packet_type::pubrec ? !once : what->at != stage::released;
}

void session::on_acknowledged(delivery_context& c, wire::packet_id id) {
  const auto* what = window_.find(id);
  if (what != nullptr && what->qos == wire::qos::at_least_once) finish(c, id);
}

void session::on_received(delivery_context& c, wire::packet_id id, wire::reason code) {
  auto* what = window_.find(id);
  if (what == nullptr || what->qos != wire::qos::exactly_once || what->at == stage::queued) {
    if (!is_failure(code)) link_->connection().release(id, wire::reason::packet_identifier_not_found);
    return;
  }
  if (is_failure(code)) return finish(c, id);  // MQTT5 4.3.3: it is not sent again
  if (what->at == stage::received) return;     // the PUBREL is on its way
  if (what->at == stage::released || !is_saved_first(c)) return release(c, id, *what);
  what->at = stage::received;
  changed(c);
  to_release_.push_back({.id = id, .revision = c.changes.revision});
  wait_for_save(c);
}

void session::await_rest(delivery_context& c) {
  const auto waits = [&](const std::vector<unsaved>& row) {
    return !row.empty() && row.back().revision > c.changes.saved;
  };
  if (waits(to_publish_) || waits(to_release_)) wait_for_save(c);
}

void session::wait_for_save(delivery_context& c) {
  if (!std::exchange(awaits_save, true)) c.awaiting_save.push_back(this);
  c.host.state_waits();
}

void session::on_completed(delivery_context& c, wire::packet_id id) {
  const auto* what = window_.find(id);
  if (what != nullptr && what->at == stage::released) finish(c, id);
}

void session::release(delivery_context& c, wire::packet_id id, in_flight& what) {
  if (what.at == stage::sent) changed(c);
  what.at = stage::released;
  link_->connection().release(id);
  link_->touch();
}

/// The message is not in the journal any more.
void session::give_up(delivery_context& c, wire::packet_id id, in_flight& what) {
  c.count.lost.add();
  // A client that may hold its identifier lets go of it at a PUBREL; until then the identifier is not free.
  if (what.qos == wire::qos::exactly_once && what.at == stage::sent) {
    ++unacknowledged_;
    return release(c, id, what);
  }
  (void)window_.acknowledge(id);
  changed(c);
}

void session::for_each_to_hand_on(std::uint32_t share, function_ref<void(const journal_place&)> visit) const {
  window_.for_each([&](wire::packet_id, const in_flight& what) {
    if (what.share == share && (what.qos == wire::qos::at_least_once || what.at == stage::queued)) visit(what.where);
  });
}

session::outcome session::send_again(delivery_context& c) {
  while (!again_.empty()) {
    const auto id = again_.back();
    auto* what = window_.find(id);
    const bool releases = what != nullptr && what->at == stage::released;
    if (!releases && !link_takes_more()) return outcome::wait;
    if (what != nullptr && !releases && what->where.at.offset >= c.log.committed(what->where.lane)) {
      await_commit(c);  // it went live on a connection that is gone already
      return outcome::wait;
    }
    again_.pop_back();
    if (what == nullptr) continue;
    if (!releases) {
      send_one_again(c, id, *what);
    } else {
      ++unacknowledged_;  // its PUBCOMP ends on this connection
      release(c, id, *what);
    }
  }
  return outcome::done;
}

/// MQTT-4.4.0-1: the same packet identifier, with DUP.
void session::send_one_again(delivery_context& c, wire::packet_id id, in_flight& what) {
  bool found = false;
  const auto l = what.where.lane;
  const auto read =
      c.log.read({.lane = l, .from = what.where.at, .bytes_max = 1}, [&](place at, const model::record_view& r) {
        if (found || at != what.where.at || r.kind == model::record_kind::gap) return false;
        found = true;
        send_in_flight(c, id, what, message_of(r, l, at));
        return false;
      });
  if (!read || !found) give_up(c, id, what);
}

void session::send_in_flight(delivery_context& c, wire::packet_id id, in_flight& what, const message& m) {
  const auto g = what.share != 0 ? grant_by_share(what.share) : grant_for(m).value_or(grant{});
  wire::publish out;
  out.topic = m.topic;
  out.payload = m.payload;
  out.packet_id = id;
  out.qos = what.qos;
  out.retain = what.retained;
  out.duplicate = what.at == stage::sent;
  if (const auto properties = outgoing_properties(c, m, g)) out.properties = *properties;
  what.at = stage::sent;
  ++unacknowledged_;
  if (!send(c, out)) finish(c, id);  // MQTT-3.1.2-25: as if it had been delivered
}

void session::send_saved_releases(delivery_context& c) {
  std::size_t done = 0;
  for (; done < to_release_.size() && to_release_[done].revision <= c.changes.saved; ++done) {
    const auto id = to_release_[done].id;
    if (auto* what = window_.find(id); what != nullptr && what->at == stage::received) release(c, id, *what);
  }
  to_release_.erase(to_release_.begin(), to_release_.begin() + static_cast<std::ptrdiff_t>(done));
}

/// Those whose identifiers are saved by now.
session::outcome session::send_saved(delivery_context& c) {
  std::size_t next = 0;
  bool room = true;
  while (room && next < to_publish_.size() && to_publish_[next].revision <= c.changes.saved) room = send_run(c, next);
  to_publish_.erase(to_publish_.begin(), to_publish_.begin() + static_cast<std::ptrdiff_t>(next));
  return room ? outcome::done : outcome::wait;
}

/// What is in flight as the nth of those to publish, where it may go out.
session::in_flight* session::queued_at(std::size_t n, std::uint64_t up_to) {
  if (n >= to_publish_.size() || to_publish_[n].revision > up_to) return nullptr;
  auto* what = window_.find(to_publish_[n].id);
  return what != nullptr && what->at == stage::queued ? what : nullptr;
}

/// The one at `next`, and as many behind it as one read of the journal finds. False where the link takes no more.
bool session::send_run(delivery_context& c, std::size_t& next) {
  auto* what = queued_at(next, c.changes.saved);
  if (what != nullptr && !link_takes_more()) return false;
  const auto first = next;
  if (what == nullptr || !to_publish_[next].retained_topic.empty()) {
    ++next;
    if (what != nullptr) send_retained_now(c, to_publish_[first], *what);
    return true;
  }
  const auto l = what->where.lane;
  const auto bytes = std::min(read_bytes, bytes_of_one * (to_publish_.size() - next));
  bool room = true;
  const auto read =
      c.log.read({.lane = l, .from = what->where.at, .bytes_max = bytes}, [&](place at, const model::record_view& r) {
        if (at < what->where.at) return true;
        if (at > what->where.at || r.kind == model::record_kind::gap) return false;
        room = link_takes_more();
        if (!room) return false;
        send_in_flight(c, to_publish_[next].id, *what, message_of(r, l, at));
        what = queued_at(++next, c.changes.saved);
        return what != nullptr && what->where.lane == l && what->where.at > at &&
               to_publish_[next].retained_topic.empty();
      });
  if (next != first || !room) return room;
  if (read) give_up(c, to_publish_[next++].id, *what);
  return read.has_value();
}

/// As it is now: there is no older one to send.
void session::send_retained_now(delivery_context& c, const unsaved& one, in_flight& what) {
  const auto kept = c.retained.find(one.retained_topic);
  if (!kept) return give_up(c, one.id, what);
  const message m{one.retained_topic, kept->payload, kept->properties, what.qos, true, {}, kept->arrival, what.where};
  send_in_flight(c, one.id, what, m);
}

saved_session session::save(delivery_context& c) {
  noted_ = false;
  saved = true;
  saved_session out{.name = name_, .number = number_, .expiry_s = expiry_s, .will = will, .will_due = will_due};
  if (link_ == nullptr) out.expires = expires;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (lanes_[i].behind()) out.places[i] = lanes_[i].at;
  }
  bool settled = true;
  for (const auto& r : receipts.all()) {
    // The journal tells of the rest: what it has from there on is read again.
    const auto routed = c.routed[index(r.lane)];
    const bool told = r.stored >= routed || r.released;
    settled = settled && !told;
    if (r.stored < routed && (!r.released || *r.released >= routed)) out.receipts.push_back(r);
  }
  if (!settled) {  // the next save, whatever it is for, moves what the journal tells
    noted_ = true;
    c.changes.sessions.push_back(client_id_);
  }
  window_.for_each([&](wire::packet_id id, const in_flight& what) {
    const bool released = what.at == stage::received || what.at == stage::released;
    out.flights.push_back({id, what.where, what.qos, what.retained, released, what.share});
  });
  return out;
}

bool session::resume(const saved_session& from) {
  saved = true;
  expiry_s = from.expiry_s;
  will = from.will;
  will_due = from.will_due;
  for (std::size_t i = 0; i < lanes_.size(); ++i) lanes_[i].fall_behind(from.places[i].value_or(place{}));
  count_again();
  for (const auto& one : from.flights) {
    const bool fits = window_.put(one.id, {.where = one.where,
                                           .share = one.share,
                                           .qos = one.qos,
                                           .at = one.released ? stage::released : stage::sent,
                                           .retained = one.retained});
    if (!fits) return false;
  }
  return true;
}

void session::go_back(delivery_context& c, model::lane l, log_offset to) {
  auto& stands = lanes_[index(l)];
  if (stands.at.offset > to) {
    stands.at = {to, 0};
    count_again();
    changed(c);
  }
  std::vector<wire::packet_id> gone;
  window_.for_each([&](wire::packet_id id, const in_flight& what) {
    if (what.where.lane == l && what.where.at.offset >= to) gone.push_back(id);
  });
  for (const auto id : gone) {
    auto* what = window_.find(id);
    if (what->qos == wire::qos::exactly_once) {
      what->at = stage::released;  // the client may hold the identifier
    } else {
      (void)window_.acknowledge(id);
    }
    changed(c);
  }
}

}  // namespace perigee::doors::mqtt::detail
