#include "alarm/board.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace perigee::alarm {
namespace {

/// Lower is worse.
int rank_of(state s) {
  switch (s) {
    case state::unacknowledged: return 0;
    case state::latched_unacknowledged: return 1;
    case state::returned: return 2;
    case state::acknowledged: return 3;
    case state::latched_acknowledged: return 4;
    case state::unconfirmed: return 5;
    case state::shelved:
    case state::suppressed:
    case state::out_of_service: return 6;
    case state::normal: return 7;
  }
  return 7;
}

auto rank(const entry& e) {
  return std::tuple(rank_of(state_of(e.now)), -static_cast<int>(e.severity), -e.since.ns, e.id);
}

constexpr std::int64_t ns_per_us = 1000;
constexpr std::size_t smallest_entry = 40;  // at rest, at least: what says it has more is wrong

}  // namespace

board::outcome board::apply(const teller& from, byte_view payload) {
  advance(from.heard);
  const auto t = parse_telling(payload);
  if (!t) return {};
  const std::string node(t->node.empty() ? from.node : std::string_view(t->node));
  if (is_deed(t->what)) return t->name.empty() ? apply_to_group(from, *t, node) : apply_deed(from, *t, node);
  // Whether a condition holds is known to the node that evaluates it, and to nobody else.
  if (node != from.node) return {};
  auto* const of = claim(node, *t);
  if (of == nullptr) return {};
  // A record that comes again, out of quarantine maybe, is older than what is known.
  const bool is_old = from.life.value() != 0 && of->told_in == from.life && from.offset < of->told_at.next();
  const auto raised_before = of->times_raised;
  const auto suppressed_before = of->with.suppresses;
  const auto group_before = of->with.group;
  if (is_old || !take_condition(*of, *t)) return {.of = of};
  of->told_in = from.life;
  of->told_at = from.offset;
  of->via = from.via;
  leave_trail(*of, from);
  if (suppressed_before != of->with.suppresses) stop_suppressing(*of, suppressed_before);
  if (group_before != of->with.group) {
    leave_group(*of, group_before);
    if (!of->with.group.empty()) members_[{of->node, of->with.group}].ids.insert(of->id);
  }
  refresh(*of, of->times_raised != raised_before);
  of->version = ++version_;
  return {.changed = true, .of = of};
}

/// Of a person: one of the node's own, or of those above it.
bool board::may_speak(const teller& from, std::string_view node, std::string_view via) const {
  if (!from.speaks_for_people) return false;
  if (from.via.empty()) return true;
  return via == from.via && (from.node == node || from.node == from.via);
}

board::outcome board::apply_deed(const teller& from, const telling& t, const std::string& node) {
  auto* const of = known(node, t);
  if (of == nullptr || !may_speak(from, node, of->via) || !take_deed(*of, t)) return {.of = of};
  leave_trail(*of, from);
  refresh(*of, false);
  of->version = ++version_;
  return {.changed = true, .of = of, .via = of->via, .is_deed = true};
}

board::outcome board::apply_to_group(const teller& from, const telling& t, const std::string& node) {
  const auto* member = member_of(node, t.with.group);
  if (member == nullptr || !may_speak(from, node, member->via)) return {};
  const group_id which(node, t.with.group);
  if (!groups_.contains(which) && groups_.size() >= limits::alarm_groups_max) return {};
  if (!take_setting(groups_[which], t.what == event::suppress, {t.at, t.by, t.comment, {}})) return {};
  ++version_;
  refresh_group(which);
  return {.changed = true, .via = member->via, .is_deed = true};
}

entry* board::known(const std::string& node, const telling& t) {
  const auto found = ids_.find(identity(node, t.name, t.key));
  return found == ids_.end() ? nullptr : &alarms_.at(found->second);
}

/// The alarm that is spoken of. Null for one that is not known and does not begin here.
entry* board::claim(const std::string& node, const telling& t) {
  if (auto* const found = known(node, t)) return found;
  if (t.what != event::activate) return nullptr;
  if (alarms_.size() >= limits::alarms_listed_max && !make_room()) {
    ++not_listed_;
    return nullptr;
  }
  const auto id = ++last_id_;
  ids_.emplace(identity(node, t.name, t.key), id);
  return &alarms_.emplace(id, entry{.id = id, .node = node, .name = t.name, .key = t.key}).first->second;
}

/// What somebody put aside stays: it would come back as if nobody had.
bool board::make_room() {
  auto oldest = alarms_.end();
  for (auto at = alarms_.begin(); at != alarms_.end(); ++at) {
    const auto& each = at->second;
    if (state_of(each.now) != state::normal) continue;
    if (oldest == alarms_.end() || each.over_at() < oldest->second.over_at()) oldest = at;
  }
  if (oldest == alarms_.end()) return false;
  const auto& gone = oldest->second;
  ids_.erase(identity(gone.node, gone.name, gone.key));
  rates_.forget(gone.id);
  leave_group(oldest->second, gone.with.group);
  alarms_.erase(oldest);
  return true;
}

void board::leave_trail(entry& of, const teller& from) const {
  if (!of.trail.empty() && of.trail.back() >= from.here) return;
  if (of.trail.size() == limits::alarm_trail_max) of.trail.erase(of.trail.begin());
  of.trail.push_back(from.here);
}

bool board::is_suppressed(const group_id& which) const {
  const auto said = groups_.find(which);
  const auto active = suppressors_.find(which);
  return (said != groups_.end() && said->second.on) || (active != suppressors_.end() && active->second != 0);
}

bool board::is_suppressed(const entry& of) const {
  // One that suppresses its own group would never be seen.
  return !of.with.group.empty() && of.with.group != of.with.suppresses && is_suppressed({of.node, of.with.group});
}

void board::refresh(entry& of, bool raised_anew) {
  const auto before = of.now;
  of.now = standing_at(of, now_, is_suppressed(of));
  if (const auto next = next_change(of, now_)) next_change_ = std::min(next_change_, next->ns);
  if (of.now != before) of.version = ++version_;
  if (!of.with.group.empty()) order_in_group(of);
  if (is_unacknowledged(of.now) && (raised_anew || !is_unacknowledged(before))) rates_.note(of.id, now_);
  if (!of.now.active) return stop_suppressing(of, of.with.suppresses);
  if (of.with.suppresses.empty() || of.suppresses_now) return;
  of.suppresses_now = true;
  ++suppressors_[{of.node, of.with.suppresses}];
  refresh_group({of.node, of.with.suppresses});
}

void board::leave_group(entry& of, const std::string& group) {
  const auto left = members_.find({of.node, group});
  if (left == members_.end()) return;
  left->second.standing.erase(place_of(of));
  left->second.ids.erase(of.id);
  of.ordered_by = {};
  if (left->second.ids.empty()) {
    members_.erase(left);
  } else if (const auto first = alarms_.find(left->second.first_out()); first != alarms_.end()) {
    first->second.version = ++version_;
  }
}

void board::order_in_group(entry& of) {
  const auto since = process_state_of(of.now) == state::normal ? timestamp{} : of.since;
  if (since == of.ordered_by) return;
  auto& group = members_[{of.node, of.with.group}];
  const auto before = group.first_out();
  group.standing.erase(place_of(of));
  of.ordered_by = since;
  if (since != timestamp{}) group.standing.insert(place_of(of));
  if (before == group.first_out()) return;
  ++version_;
  for (const auto changed : {before, group.first_out()}) {
    if (const auto found = alarms_.find(changed); found != alarms_.end()) found->second.version = version_;
  }
}

void board::stop_suppressing(entry& of, const std::string& group) {
  const auto found = suppressors_.find({of.node, group});
  if (found == suppressors_.end() || !of.suppresses_now) return;
  of.suppresses_now = false;
  if (--found->second == 0) suppressors_.erase(found);
  refresh_group({of.node, group});
}

/// Its members do not suppress what suppresses it: that looks at conditions alone.
void board::refresh_group(const group_id& which) {
  const auto group = members_.find(which);
  if (group == members_.end()) return;
  for (const auto id : group->second.ids) refresh(alarms_.at(id), false);
}

void board::advance(timestamp now) {
  now_ = std::max(now_, now);
  rates_.advance(now_);
  if (now_.ns < next_change_) return;
  next_change_ = INT64_MAX;
  for (auto& [id, each] : alarms_) refresh(each, false);
}

bool board::is_news(const telling& deed) const {
  if (deed.name.empty()) {
    const auto* member = member_of(deed.node, deed.with.group);
    const auto found = groups_.find({deed.node, deed.with.group});
    auto copy = found == groups_.end() ? setting{} : found->second;
    return member != nullptr && take_setting(copy, deed.what == event::suppress, {deed.at, deed.by, deed.comment, {}});
  }
  const auto found = ids_.find(identity(deed.node, deed.name, deed.key));
  if (found == ids_.end()) return false;
  auto copy = alarms_.at(found->second);
  return take_deed(copy, deed);
}

const char* board::refusal(const entry& of, event what, nanoseconds how_long) const {
  if (what == event::unsuppress && of.now.suppressed && !of.suppressed.on) {
    return "its group is suppressed: unsuppress the group";
  }
  if (what == event::shelve && (how_long <= nanoseconds::zero() || how_long > of.with.shelve_max)) {
    return "the alarm may not be shelved for so long";
  }
  return alarm::refusal(of.now, what);
}

telling board::tell(const entry& of, event what, deed how) const {
  // In microseconds, as they are told.
  how.at.ns = std::max(how.at.ns, last_deed_at(of).ns + ns_per_us) / ns_per_us * ns_per_us;
  how.seen = of.severity;
  return about(of, what, std::move(how));
}

telling board::tell(std::string_view node, std::string_view group, bool suppressed, deed how) const {
  const auto found = groups_.find({std::string(node), std::string(group)});
  const auto last = found == groups_.end() ? timestamp{} : found->second.how.at;
  telling out{.node = std::string(node), .what = suppressed ? event::suppress : event::unsuppress};
  out.at.ns = std::max(how.at.ns, last.ns + ns_per_us) / ns_per_us * ns_per_us;
  out.with.group = group;
  out.by = std::move(how.by);
  out.comment = std::move(how.comment);
  return out;
}

std::vector<telling> board::deeds_below(std::string_view child) const {
  std::vector<telling> out;
  for (const auto& [id, each] : alarms_) {
    if (each.via == child) std::ranges::move(deeds_of(each), std::back_inserter(out));
  }
  for (const auto& [which, each] : groups_) {
    const auto* member = member_of(which.first, which.second);
    if (member == nullptr || member->via != child) continue;
    auto& said = out.emplace_back(telling{.node = which.first, .what = each.on ? event::suppress : event::unsuppress});
    said.at = each.how.at;
    said.with.group = which.second;
    said.by = each.how.by;
    said.comment = each.how.comment;
  }
  return out;
}

const entry* board::member_of(std::string_view node, std::string_view group) const {
  const auto found = members_.find({std::string(node), std::string(group)});
  return found == members_.end() ? nullptr : &alarms_.at(*found->second.ids.begin());
}

const entry* board::find(std::uint64_t id) const {
  const auto found = alarms_.find(id);
  return found == alarms_.end() ? nullptr : &found->second;
}

std::vector<const entry*> board::in_order() const {
  std::vector<const entry*> out;
  out.reserve(alarms_.size());
  for (const auto& [id, each] : alarms_) out.push_back(&each);
  std::ranges::sort(out, {}, [](const entry* e) { return rank(*e); });
  return out;
}

bool board::is_first_out(const entry& of) const {
  const auto group = members_.find({of.node, of.with.group});
  return group != members_.end() && group->second.first_out() == of.id;
}

std::vector<board::group_view> board::groups() const {
  std::vector<group_view> out;
  for (const auto& [which, each] : members_) {
    auto& view = out.emplace_back(which.first, which.second, each.ids.size());
    view.suppressed = is_suppressed(which);
    view.standing = each.standing.size();
    view.first_out = each.first_out();
  }
  return out;
}

board::figures board::count() const {
  figures out;
  for (const auto& [id, each] : alarms_) {
    const auto add = [](std::size_t& to, bool counts) { to += counts ? 1 : 0; };
    add(out.active, each.now.active);
    add(out.standing, is_annunciated(each.now));
    add(out.unacknowledged, is_unacknowledged(each.now));
    add(out.stale, is_annunciated(each.now) && now_ - each.since > stale_after);
    add(out.shelved, each.now.shelving != shelving::unshelved);
    add(out.suppressed, each.now.suppressed);
    add(out.out_of_service, each.now.out_of_service);
  }
  return out;
}

void board::encode(byte_buffer& out) const {
  byte_writer w(out);
  w.varint(last_id_);
  w.varint(alarms_.size());
  for (const auto& [id, each] : alarms_) alarm::encode(each, w);
  w.varint(groups_.size());
  for (const auto& [which, each] : groups_) {
    w.sized(std::string_view(which.first));
    w.sized(std::string_view(which.second));
    alarm::encode(each, w);
  }
}

result<> board::restore(byte_view from, log_offset known) {
  byte_reader in(from);
  board made;
  made.last_id_ = in.varint();
  const auto count = in.varint();
  if (count > limits::alarms_listed_max || count > from.size() / smallest_entry) {
    return fail(errc::malformed, "more alarms than are listed");
  }
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    auto one = decode_entry(in);
    std::erase_if(one.trail, [&](log_offset at) { return at >= known; });
    const bool sound = one.id != 0 && one.id <= made.last_id_ && one.since != timestamp{};
    if (!sound || !made.ids_.emplace(identity(one.node, one.name, one.key), one.id).second ||
        !made.alarms_.emplace(one.id, std::move(one)).second) {
      return fail(errc::malformed, "an alarm that cannot be");
    }
  }
  const auto groups = in.varint();
  if (groups > limits::alarm_groups_max) return fail(errc::malformed, "more groups than are remembered");
  for (std::uint64_t i = 0; i < groups && in.ok(); ++i) {
    const std::string node(in.sized_text());
    const std::string name(in.sized_text());
    made.groups_.emplace(group_id(node, name), decode_setting(in));
  }
  if (!in.ok() || !in.done()) return fail(errc::malformed, "the alarms end too soon, or too late");
  made.version_ = version_;
  made.now_ = now_;
  for (const auto& [id, each] : made.alarms_) {
    if (!each.with.group.empty()) made.members_[{each.node, each.with.group}].ids.insert(id);
  }
  for (auto& [id, each] : made.alarms_) made.refresh(each, false);
  made.rates_ = {};
  made.rates_.advance(now_);
  *this = std::move(made);
  ++version_;
  return {};
}

}  // namespace perigee::alarm
