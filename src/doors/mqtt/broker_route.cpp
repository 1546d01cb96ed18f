#include <algorithm>
#include <functional>

#include "base/check.hpp"
#include "base/log.hpp"
#include "doors/mqtt/broker.hpp"
#include "model/sparkplug_topic.hpp"

namespace perigee::doors::mqtt {

namespace wire = perigee::wire::mqtt;

namespace {

// Read from a lane before the others have their turn. A batch of a few KiB may hold many thousand messages.
constexpr std::size_t slice_bytes = 256U << 10;
constexpr std::size_t slice_messages = 2000;
using detail::index;

}  // namespace

void broker::on_commit(moment now) {
  set_now(now);
  // A commit in the middle of our own work (a journal that commits in place does that) has its turn afterwards.
  if (std::exchange(busy_, true)) return host_.work_waits();
  route();
  answer_all();
  pump_committed();
  busy_ = false;
}

void broker::work(moment now) {
  on_commit(now);
  const auto turns = std::exchange(unfinished_, {});
  for (auto* s : turns) pump(*s);
  for (auto* one : std::exchange(unfinished_shares_, {})) pump(*one);
}

/// Live messages, as far as they are committed.
void broker::route() {
  bool more = false;
  for (const auto l : {model::lane::alarm, model::lane::event, model::lane::bulk}) more = route_lane(l) || more;
  if (more) host_.work_waits();
  if (!more && std::ranges::equal(restarted_at_, context_.routed, std::less_equal{})) returning_.clear();
}

bool broker::awaits_commit() const {
  for (const auto l : {model::lane::alarm, model::lane::event, model::lane::bulk}) {
    if (context_.routed[index(l)] < log_.committed(l)) return false;
  }
  return catching_up();
}

/// A message that nobody waits for, from the bytes that came, ahead of its commit. One that may have to be sent again
/// goes only where nothing in front of it still has to go.
void broker::route_live(const model::record_view& r, log_offset at) {
  auto& routed = context_.routed[index(r.lane)];
  auto& ahead = live_[index(r.lane)];
  routed = ahead.step_over(routed, log_.acknowledged(r.lane));
  if (routed > at) return;  // it was committed in place
  const bool next = routed == at && log_.acknowledges_at_once(r.lane);
  if (!next && (r.qos != 0 || !ahead.takes(at))) return;
  route_message(detail::message_of(r, r.lane, {at, 0}), r.retain);
  if (next) {
    routed = at.next();
  } else {
    ahead.add(at);
  }
}

/// Sessions and shares that fell behind with messages that went live.
void broker::pump_committed() {
  for (auto* s : std::exchange(context_.awaiting_commit, {})) {
    s->awaits_commit = false;
    pump(*s);
  }
  for (auto* one : std::exchange(context_.shares_awaiting_commit, {})) {
    one->awaits_commit = false;
    pump(*one);
  }
}

/// One slice. True where there is more.
bool broker::route_lane(model::lane l) {
  auto& routed = context_.routed[index(l)];
  auto& ahead = live_[index(l)];
  routed = ahead.step_over(routed, log_.committed(l));
  if (routed >= log_.committed(l)) return false;
  const auto wanted = [this](std::string_view topic) {
    bool found = false;
    if (topic.starts_with('$')) return false;  // no child speaks for this node
    subscribers_.match(topic, [&found](const subscriber&) { found = true; });
    return found;
  };
  const log_port::read_request slice{l, {routed, 0}, slice_bytes, slice_messages, wanted};
  const auto next = log_.read(slice, [&](place at, const model::record_view& r) {
    if (r.delivery != 0 && !returning_.empty()) recall(l, at, r);
    if (ahead.holds(at.offset)) return true;
    // A topic with a `$` comes from inside a child's batch.
    if (r.kind != model::record_kind::message || r.topic.starts_with('$')) return true;
    // What a child has retained is retained there.
    route_message(detail::message_of(r, l, at), r.retain && at.inner == 0);
    return true;
  });
  if (!next) {
    log::fault("doors.mqtt", "the {} lane is not routed: {}", name_of(l), next.error().text());
    return false;
  }
  // Where what is gone is still being counted, the log has nothing to read yet: the commit after that is a call.
  if (next->offset == routed) return false;
  routed = next->offset;
  if (routed.value() - noted_[index(l)].value() > limits::mqtt_unsaved_records_max) {
    noted_[index(l)] = routed;
    ++context_.changes.revision;
  }
  return routed < log_.committed(l);
}

void broker::route_message(const detail::message& m, bool may_retain) {
  if (may_retain) retain(m);
  keep_certificate(m);
  gather(m);
  context_.packets.begin();
  for (std::size_t i = 0; i < gathered_.size(); ++i) {
    auto& one = gathered_[i];
    if (one.identifier_count != 0) {
      identifiers_of_one_.clear();
      for (const auto& [who, id] : identifiers_) {
        if (who == i) identifiers_of_one_.push_back(id);
      }
      one.grant.identifiers = identifiers_of_one_;
    }
    one.session->offer(context_, m, one.grant);
  }
  for (auto* one : gathered_shares_) one->offer(context_, m);
  context_.packets.end();
}

/// What an aware Sparkplug server does (Sparkplug 3.0 10.2.2): who comes later finds the births of every edge node.
void broker::keep_certificate(const detail::message& m) {
  const auto topic = model::sparkplug::certificate_topic(m.topic);
  const bool from_below = m.stored && m.stored->at.inner != 0;  // it is kept where it was published
  if (!topic || from_below) return;
  auto certificate = m;
  certificate.topic = *topic;
  certificate.qos = wire::qos::at_most_once;
  certificate.retain = true;
  route_message(certificate, true);
}

/// Who gets it, each session once, however many of its filters cover it (MQTT5 3.3.4).
void broker::gather(const detail::message& m) {
  PG_CHECK(!std::exchange(gathering_, true), "a local callback published in the middle of routing");
  gathered_.clear();
  identifiers_.clear();
  gathered_shares_.clear();
  ++routing_mark_;
  subscribers_.match(m.topic, [&](const subscriber& s) {
    if (!m.only_for.empty() && (s.session == nullptr || s.session->client_id() != m.only_for)) return;
    if (s.share != nullptr) return gathered_shares_.push_back(s.share);
    const auto& entry = s.local != nullptr ? s.local->entry_ : *s.entry;
    if (m.stored && m.stored->at.offset < entry.since[index(m.stored->lane)]) return;
    if (s.local != nullptr) return s.local->callback_({m.topic, m.payload, m.source, m.arrival, m.retain});
    if (entry.no_local && s.session->has_sent(m)) return;
    if (std::exchange(s.session->routing_mark, routing_mark_) != routing_mark_) {
      s.session->routing_place = gathered_.size();
      gathered_.push_back({s.session, {}, 0});
    }
    auto& one = gathered_[s.session->routing_place];
    one.grant.qos = std::max(one.grant.qos, entry.qos);
    one.grant.retain = one.grant.retain || (entry.retain_as_published && m.retain);
    if (entry.identifier != 0) {
      identifiers_.emplace_back(s.session->routing_place, entry.identifier);
      ++one.identifier_count;
    }
  });
  gathering_ = false;
}

void broker::retain(const detail::message& m) {
  const bool kept = retained_.put(m.topic, {m.payload, m.properties, m.qos, m.arrival, m.stored});
  if (!kept) count_.not_retained.add();
  count_.retained.set(static_cast<double>(retained_.size()));
  if (m.stored) ++context_.changes.revision;
}

bool broker::is_reached(const answer& what) const {
  const bool committed = !what.after || log_.acknowledged(what.after->lane) > what.after->offset;
  return committed && what.after_revision <= context_.changes.saved;
}

void broker::wait_for_commit(link& one) {
  if (one.waits() && !std::exchange(one.waits_for_commit, true)) awaiting_commit_.push_back(&one);
}

void broker::answer_all() {
  std::erase_if(awaiting_commit_, [&](link* one) {
    const bool waits = one->release();
    one->waits_for_commit = waits;
    one->touch();
    return !waits;
  });
}

void broker::pump(detail::session& s) {
  const bool more = s.pump(context_);
  for (auto* one : s.shares) {
    if (one->waits()) pump(*one);
  }
  if (!more) return;
  if (!std::ranges::contains(unfinished_, &s)) unfinished_.push_back(&s);
  host_.work_waits();
}

void broker::publish_local(const local_message& m, moment now) {
  set_now(now);
  detail::message out{m.topic, m.payload, {}, wire::qos::at_most_once, m.retain, m.source, now.wall, {}};
  out.only_for = m.only_for;
  route_message(out, m.retain);
}

broker::local_subscription::local_subscription(broker& of, std::string_view filter, local_callback callback)
    : broker_(of), filter_(filter), callback_(std::move(callback)) {
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    entry_.since[i] = broker_.log_.committed(static_cast<model::lane>(i));
  }
  broker_.subscribers_.insert(filter_, {nullptr, nullptr, this});
}

broker::local_subscription::~local_subscription() { broker_.subscribers_.erase(filter_, {nullptr, nullptr, this}); }

std::unique_ptr<broker::local_subscription> broker::subscribe_local(std::string_view filter, local_callback callback) {
  return std::make_unique<local_subscription>(*this, filter, std::move(callback));
}

}  // namespace perigee::doors::mqtt
