// QoS 2 from a client: once in the journal, over lost connections and crashes (MQTT5 4.3.3, method B). The message's
// record carries its delivery, which is the session's number and the packet id; PUBREC follows its commit. PUBREL is a
// record too, and PUBCOMP follows that one's commit: whoever reads the journal knows which packet ids are still held.

#include "base/log.hpp"
#include "doors/mqtt/broker.hpp"

namespace perigee::doors::mqtt {

namespace wire = perigee::wire::mqtt;

namespace {

constexpr int packet_id_bits = 16;

std::uint64_t delivery_of(const detail::session& s, wire::packet_id id) { return s.number() << packet_id_bits | id; }

}  // namespace

answer broker::take_once(link& from, const wire::publish& message) {
  auto& s = *from.session;
  const auto id = message.packet_id;
  if (message.topic.starts_with('$')) {  // those that are served come with QoS 1
    const bool is_served = internal_ != nullptr && internal_->wants(message.topic);
    return {is_served ? wire::reason::implementation_specific_error : wire::reason::not_authorized};
  }
  auto* held = s.receipts.find(id);
  if (held == nullptr && s.receipts.full()) return {wire::reason::quota_exceeded};
  if (held == nullptr) {
    const auto taken = take(s, message, delivery_of(s, id));
    if (!taken.after) return taken;
    s.receipts.hold({.id = id, .lane = taken.after->lane, .stored = taken.after->offset});
    s.changed(context_);
    held = s.receipts.find(id);
  }
  return {wire::reason::success, answer::commit_point{held->lane, held->stored}};
}

void broker::release(link& from, wire::packet_id id) {
  const auto done = let_go(*from.session, id);
  if (is_failure(done.code) && done.code != wire::reason::packet_identifier_not_found) {
    // PUBCOMP cannot say it: the client comes again with its PUBREL.
    from.connection().disconnect(done.code);
    return disconnected(from, {.code = done.code, .what = "the journal takes no PUBREL now"});
  }
  from.acknowledge(wire::packet_type::pubcomp, id, done);
  wait_for_commit(from);
}

answer broker::let_go(detail::session& s, wire::packet_id id) {
  auto* held = s.receipts.find(id);
  if (held == nullptr) return {wire::reason::packet_identifier_not_found};
  if (!held->released) {
    model::record_view r;
    r.kind = model::record_kind::release;
    r.lane = held->lane;
    r.source = s.source();
    r.arrival = context_.now.wall;
    r.delivery = delivery_of(s, id);
    const auto at = log_.append(r);
    if (!at) return {wire::reason::quota_exceeded};
    held->released = *at;
    s.changed(context_);
  }
  return {wire::reason::success, answer::commit_point{held->lane, *held->released}};
}

void broker::completed(detail::session& s, wire::packet_id id, model::lane l) {
  s.receipts.forget(id, l);
  s.changed(context_);
}

/// A record from before the restart.
void broker::recall(model::lane l, place at, const model::record_view& r) {
  const auto id = static_cast<wire::packet_id>(r.delivery);
  if (id == 0) return;  // it tells its sender alone
  const auto found = returning_.find(r.delivery >> packet_id_bits);
  if (found == returning_.end() || at.offset >= restarted_at_[static_cast<std::size_t>(l)]) return;
  auto& receipts = found->second->receipts;
  if (r.kind == model::record_kind::release) {
    receipts.forget(id, l);
  } else {
    receipts.hold({.id = id, .lane = l, .stored = at.offset});
  }
}

}  // namespace perigee::doors::mqtt
