#include "doors/mqtt/detail/share.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "doors/mqtt/detail/state.hpp"
#include "model/gap.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::doors::mqtt::detail {

namespace wire = perigee::wire::mqtt;

namespace {

constexpr std::size_t read_bytes = 64U << 10;  // at a time
constexpr std::size_t turn_bytes = 1U << 20;   // before others have their turn

}  // namespace

share::share(std::string name, std::uint32_t number, const offsets& since)
    : name_(std::move(name)), number_(number), since_(since) {}

std::string_view share::filter() const { return wire::covered_part(name_); }

void share::join(delivery_context& c, const member& m) {
  const auto same = std::ranges::find(members_, m.who, &member::who);
  if (same == members_.end()) {
    members_.push_back(m);
  } else {
    *same = m;
  }
  changed(c);
}

void share::leave(delivery_context& c, const session& s) {
  std::erase_if(members_, [&](const member& m) { return m.who == &s; });
  changed(c);
}

void share::collect(const session& s, std::vector<journal_place>& into) const {
  s.for_each_to_hand_on(number_, [&](const journal_place& where) { into.push_back(where); });
}

void share::take_back(delivery_context& c, const session& s) {
  collect(s, returned_);
  changed(c);
}

void share::changed(delivery_context& c) {
  if (!c.changes.kept) return;
  ++c.changes.revision;
  if (!std::exchange(noted_, true)) c.changes.shares.push_back(name_);
}

bool share::is_kept() const {
  return std::ranges::any_of(members_, [](const member& m) { return m.who->expiry_s != 0; });
}

bool share::keeps_messages() const {
  return std::ranges::any_of(members_, [](const member& m) { return m.terms->qos != wire::qos::at_most_once; });
}

void share::offer(delivery_context& c, const message& m) {
  if (m.stored && m.stored->at.offset < since_[index(m.stored->lane)]) return;
  if (m.stored && m.qos != wire::qos::at_most_once && keeps_messages()) {
    auto& stands = lanes_[index(m.stored->lane)];
    if (stands.behind || (returned_.empty() && deliver(c, m) == outcome::done)) return;
    if (!stands.behind) stands = {m.stored->at, true};
    if (m.stored->at.offset >= c.log.committed(m.stored->lane)) await_commit(c);
    return changed(c);
  }
  if (deliver(c, m) == outcome::wait) c.count.dropped.add();  // QoS 0 waits for nobody
}

/// As session::await_commit.
void share::await_commit(delivery_context& c) {
  if (!std::exchange(awaits_commit, true)) c.shares_awaiting_commit.push_back(this);
}

/// Whoever is next of those that can take it gets it. Where nobody that is connected may have it, it is nobody's: one
/// message that a policy forbids must not hold up the others.
share::outcome share::deliver(delivery_context& c, const message& m) {
  std::size_t connected = 0;
  std::size_t forbidden = 0;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const auto place = (turn_ + i) % members_.size();
    const auto& [who, terms] = members_[place];
    if (who->attached() == nullptr) continue;
    ++connected;
    if (!who->may_receive(m.topic)) {
      ++forbidden;
      continue;
    }
    grant g{.qos = terms->qos, .retain = terms->retain_as_published && m.retain, .share = number_};
    if (terms->identifier != 0) g.identifiers = {&terms->identifier, 1};
    if (!who->take_shared(c, m, g)) continue;
    turn_ = place + 1;
    // What it has in flight is to be found again where its session does not outlast a kill.
    if (who->expiry_s == 0 && std::min(m.qos, g.qos) != wire::qos::at_most_once) changed(c);
    return outcome::done;
  }
  return connected != 0 && forbidden == connected ? outcome::done : outcome::wait;
}

bool share::pump(delivery_context& c) {
  if (deliver_returned(c) == outcome::wait) return false;
  std::size_t budget = turn_bytes;
  for (const auto l : {model::lane::alarm, model::lane::event, model::lane::bulk}) {
    if (lanes_[index(l)].behind && catch_up(c, l, budget) == outcome::wait) return false;
  }
  return budget == 0;
}

share::outcome share::deliver_returned(delivery_context& c) {
  while (!returned_.empty()) {
    const auto where = returned_.back();
    if (where.at.offset >= c.log.committed(where.lane)) {
      await_commit(c);  // it went live to a session that is gone already
      return outcome::wait;
    }
    bool found = false;
    auto taken = outcome::done;
    const auto read =
        c.log.read({.lane = where.lane, .from = where.at, .bytes_max = 1}, [&](place at, const model::record_view& r) {
          if (found || at != where.at || r.kind != model::record_kind::message) return false;
          found = true;
          taken = deliver(c, message_of(r, where.lane, at));
          return false;
        });
    if (!read || taken == outcome::wait) return outcome::wait;
    if (!found) c.count.lost.add();
    returned_.pop_back();
    changed(c);
  }
  return outcome::done;
}

share::outcome share::catch_up(delivery_context& c, model::lane l, std::size_t& budget_bytes) {
  auto& stands = lanes_[index(l)];
  const auto live = place{c.routed[index(l)], 0};
  if (!keeps_messages()) stands.at = std::max(stands.at, live);
  bool waits = false;
  while (stands.at < live && !waits && budget_bytes != 0) {
    const auto from = stands.at;
    const auto next =
        c.log.read({.lane = l, .from = from, .bytes_max = read_bytes}, [&](place at, const model::record_view& r) {
          waits = waits || (at < live && offer_again(c, l, at, r) == outcome::wait);
          if (at < live && !waits) stands.at = {at.offset, at.inner + 1};  // stays so where the read fails behind it
          return at < live && !waits;
        });
    changed(c);
    if (!next) {
      log::fault("doors.mqtt", "{} cannot be sent what waits: {}", name_, next.error().text());
      return outcome::wait;
    }
    if (*next == from && !waits) {
      await_commit(c);
      break;
    }
    stands.at = *next;
    budget_bytes -= std::min(budget_bytes, read_bytes);
  }
  if (waits) return outcome::wait;
  stands.behind = stands.at < live;
  return outcome::done;
}

share::outcome share::offer_again(delivery_context& c, model::lane l, place at, const model::record_view& r) {
  if (r.kind == model::record_kind::gap) {
    const auto gone = model::decode_gap(r.payload);
    c.count.lost.add(gone ? gone->count : 1);
    return outcome::done;
  }
  if (r.kind != model::record_kind::message || r.topic.starts_with('$')) return outcome::done;
  const auto m = message_of(r, l, at);
  if (m.qos == wire::qos::at_most_once || !wire::matches(filter(), m.topic)) return outcome::done;
  return deliver(c, m);
}

bool share::waits() const {
  return !returned_.empty() || std::ranges::any_of(lanes_, [](const standing& s) { return s.behind; });
}

saved_share share::save(const offsets& routed) {
  noted_ = false;
  saved_share out{.number = number_, .returned = returned_};
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    if (lanes_[i].behind)
      out.places[i] = lanes_[i].at;
    else if (since_[i] > routed[i])
      out.places[i] = place{since_[i], 0};
  }
  for (const auto& m : members_) {
    if (m.who->expiry_s == 0) collect(*m.who, out.returned);
  }
  return out;
}

void share::resume(const saved_share& from) {
  for (std::size_t i = 0; i < lanes_.size(); ++i) lanes_[i] = {from.places[i].value_or(place{}), true};
  returned_ = from.returned;
}

void share::go_back(delivery_context& c, model::lane l, log_offset to) {
  auto& stands = lanes_[index(l)];
  const auto before = returned_.size();
  std::erase_if(returned_, [&](const journal_place& p) { return p.lane == l && p.at.offset >= to; });
  if (stands.at.offset <= to && returned_.size() == before) return;
  stands.at = std::min(stands.at, place{to, 0});
  changed(c);
}

}  // namespace perigee::doors::mqtt::detail
