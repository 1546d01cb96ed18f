#include "rules/detail/window.hpp"

#include <algorithm>
#include <numeric>

#include "base/rules_limits.hpp"

namespace perigee::rules::detail {
namespace {

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
/// The first multiple of `step` after `at`.
std::int64_t next_multiple(std::int64_t at, std::int64_t step) { return (floor_div(at, step) + 1) * step; }

}  // namespace

std::chrono::nanoseconds pane_of(const window_spec& spec) {
  return std::chrono::nanoseconds(std::gcd(spec.size.count(), spec.hop.count()));
}

window_state::window_state(window_spec spec, std::vector<aggregate> aggregates, state_budget& budget)
    : spec_(spec), aggregates_(std::move(aggregates)), groups_(budget) {
  for (const auto& one : aggregates_) kinds_.push_back(one.kind);
  if (spec_.hop.count() != 0) pane_ns_ = pane_of(spec_).count();
}

bool window_state::is_late(timestamp at) const {
  switch (spec_.kind) {
    case window_kind::tumbling:
    case window_kind::hopping:
      return watermark_.ns != INT64_MIN && at.ns < floor_div(watermark_.ns, spec_.hop.count()) * spec_.hop.count();
    case window_kind::sliding:
    case window_kind::session: return at < watermark_;
    case window_kind::count: return false;
  }
  return false;
}

void window_state::move_to(timestamp watermark, output tell) {
  if (watermark <= watermark_) return;
  watermark_ = watermark;
  if (next_end_ <= watermark_.ns) {
    if (spec_.kind == window_kind::session) {
      move_sessions(tell);
    } else {
      move_hopping(tell);
    }
  }
  if (spec_.kind == window_kind::sliding) forget_silent();
}

void window_state::move_hopping(output tell) {
  while (next_end_ <= watermark_.ns) next_end_ = end_hopping(next_end_, tell).value_or(INT64_MAX);
}

/// Seals what lies before `end` and tells the windows that end there. Gives the next end at which there is something.
std::optional<std::int64_t> window_state::end_hopping(std::int64_t end, output tell) {
  const auto hop = spec_.hop.count();
  const auto start = end - spec_.size.count();
  std::optional<std::int64_t> next;
  const auto at_most = [&next](std::int64_t x) { next = std::min(next.value_or(x), x); };
  for (auto* g : groups_.sorted_by_key()) {
    auto& open = g->open;
    const auto sealed = std::ranges::find_if(open, [&](const auto& p) { return p.index * pane_ns_ >= end; });
    for (auto p = open.begin(); p != sealed; ++p) g->sealed.push(p->index, std::move(p->parts));
    open.erase(open.begin(), sealed);
    g->sealed.drop_before(floor_div(start, pane_ns_));
    if (!g->sealed.empty()) {
      tell_window(*g, g->sealed.folded(), {start}, {end}, tell);
      g->sealed.drop_before(floor_div(start + hop, pane_ns_));
    }
    if (!g->sealed.empty()) at_most(end + hop);
    if (!open.empty()) at_most(next_multiple(open.front().index * pane_ns_, hop));
    recharge(*g);
    if (open.empty() && g->sealed.empty()) groups_.erase(*g);
  }
  return next;
}

timestamp window_state::session_end(const group& g) const {
  return std::min(g.last + spec_.timeout, g.first + spec_.size);
}

void window_state::move_sessions(output tell) {
  auto all = groups_.sorted_by_key();
  std::erase_if(all, [&](const auto* g) { return session_end(*g) > watermark_; });
  std::ranges::stable_sort(all, {}, [&](const auto* g) { return session_end(*g); });
  for (auto* g : all) {
    tell_window(*g, g->open.front().parts, g->first, session_end(*g), tell);
    groups_.erase(*g);
  }
  next_end_ = INT64_MAX;
  for (const auto& g : groups_) next_end_ = std::min(next_end_, session_end(g).ns);
}

/// Groups of a sliding window that hold nothing any more.
void window_state::forget_silent() {
  while (!groups_.empty() && groups_.oldest().last + spec_.size <= watermark_) groups_.erase(groups_.oldest());
}

window_state::outcome window_state::take(const message& m, output tell) {
  auto& g = group_of(m.keys);
  g.last = m.at;
  outcome out = outcome::taken;
  switch (spec_.kind) {
    case window_kind::tumbling:
    case window_kind::hopping: {
      const auto index = floor_div(m.at.ns, pane_ns_);
      out = add(g, pane_at(g, index), m);
      next_end_ = std::min(next_end_, next_multiple(index * pane_ns_, spec_.hop.count()));
      break;
    }
    case window_kind::session:
      if (g.open.empty()) g.first = m.at;
      out = add(g, pane_at(g, 0), m);
      next_end_ = std::min(next_end_, session_end(g).ns);
      break;
    case window_kind::sliding: take_sliding(g, m, tell); break;
    case window_kind::count: take_count(g, m, tell); break;
  }
  groups_.make_room();
  return out;
}

void window_state::take_sliding(group& g, const message& m, output tell) {
  auto part = fresh();
  add(g, part, m);
  if (g.sealed.size() == limits::rule_panes_max) {
    g.sealed.drop_oldest();
    groups_.count_evicted();
  }
  g.sealed.push(m.at.ns, std::move(part));
  const auto start = m.at - spec_.size;
  g.sealed.drop_before(start.ns + 1);
  recharge(g);
  tell_window(g, g.sealed.folded(), start, m.at, tell);
}

void window_state::take_count(group& g, const message& m, output tell) {
  ++g.messages;
  const bool ends = g.messages >= spec_.count && g.messages % spec_.every == 0;
  if (g.messages == 1) g.first = m.at;
  if (spec_.every == spec_.count) {
    if (g.open.empty()) g.first = m.at;
    add(g, pane_at(g, 0), m);
    if (!ends) return;
    tell_window(g, g.open.front().parts, g.first, m.at, tell);
    g.open.clear();
    return recharge(g);
  }
  auto part = fresh();
  add(g, part, m);
  g.sealed.push(m.at.ns, std::move(part));
  if (g.sealed.size() > spec_.count) g.sealed.drop_oldest();
  recharge(g);
  if (ends) tell_window(g, g.sealed.folded(), g.first, m.at, tell);
}

window_state::outcome window_state::add(group& g, partial& to, const message& m) {
  bool all = true;
  std::size_t grown = 0;
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (m.arguments[i].is_null()) continue;
    const auto before = to[i].bytes();
    all &= to[i].add(m.at, m.arguments[i]);
    grown += to[i].bytes() - before;
  }
  if (grown != 0) recharge(g);
  return all ? outcome::taken : outcome::passed_over;
}

/// The newest pane is the one that is asked for nearly always.
partial& window_state::pane_at(group& g, std::int64_t index) {
  auto at = g.open.end();
  while (at != g.open.begin() && std::prev(at)->index > index) --at;
  if (at != g.open.begin() && std::prev(at)->index == index) return std::prev(at)->parts;
  at = g.open.insert(at, {index, fresh()});
  recharge(g);
  return at->parts;
}

partial window_state::fresh() const {
  partial out;
  out.reserve(kinds_.size());
  for (const auto kind : kinds_) out.emplace_back(kind);
  return out;
}

void window_state::tell_window(const group& g, const partial& of, timestamp start, timestamp end, output tell) {
  key_values_.clear();
  byte_reader keys(as_bytes(g.key));
  while (!keys.done()) key_values_.push_back(decode_value(keys));
  results_.clear();
  for (std::size_t i = 0; i < of.size(); ++i) results_.push_back(of[i].result(aggregates_[i].parameter, end));
  tell({start, end, key_values_, results_});
}

std::optional<timestamp> window_state::deadline() const {
  return next_end_ == INT64_MAX ? std::nullopt : std::optional(timestamp{next_end_});
}

window_state::group& window_state::group_of(std::span<const value> keys) {
  key_.clear();
  byte_writer to(key_);
  for (const auto& one : keys) encode_value(to, one);
  auto* found = groups_.find(as_text(key_));
  return found != nullptr ? *found : groups_.add(as_text(key_));
}

void window_state::recharge(group& g) {
  std::size_t bytes = g.sealed.bytes();
  for (const auto& one : g.open) bytes += bytes_of(one.parts);
  groups_.charge(g, bytes);
}

void window_state::encode(byte_writer& to) const {
  to.u64(static_cast<std::uint64_t>(watermark_.ns));
  to.varint(groups_.evicted());
  to.varint(groups_.size());
  for (const auto& g : groups_) {
    to.sized(g.key);
    to.u64(static_cast<std::uint64_t>(g.first.ns));
    to.u64(static_cast<std::uint64_t>(g.last.ns));
    to.varint(g.messages);
    to.varint(g.open.size());
    for (const auto& one : g.open) {
      to.signed_varint(one.index);
      encode_partial(to, one.parts);
    }
    g.sealed.encode(to);
  }
}

void window_state::decode(byte_reader& from) {
  watermark_.ns = static_cast<std::int64_t>(from.u64());
  groups_.count_evicted(from.varint());
  const auto count = from.varint();
  if (count > limits::rule_groups_max) from.fail();
  for (std::uint64_t i = 0; i < count && from.ok(); ++i) decode_group(from);
  if (spec_.kind == window_kind::sliding || spec_.kind == window_kind::count) return;
  for (const auto& g : groups_) {
    if (spec_.kind == window_kind::session) {
      next_end_ = std::min(next_end_, session_end(g).ns);
      continue;
    }
    const auto hop = spec_.hop.count();
    if (!g.sealed.empty()) next_end_ = std::min(next_end_, next_multiple(watermark_.ns, hop));
    if (!g.open.empty()) next_end_ = std::min(next_end_, next_multiple(g.open.front().index * pane_ns_, hop));
  }
}

void window_state::decode_group(byte_reader& from) {
  const auto key = from.sized_text();
  byte_reader keys(as_bytes(key));
  while (!keys.done()) (void)decode_value(keys);
  if (!keys.ok() || groups_.find(key) != nullptr) from.fail();
  if (!from.ok()) return;
  auto& g = groups_.add(key);
  g.first.ns = static_cast<std::int64_t>(from.u64());
  g.last.ns = static_cast<std::int64_t>(from.u64());
  g.messages = from.varint();
  const auto panes = from.varint();
  if (panes > limits::rule_panes_max) from.fail();
  for (std::uint64_t i = 0; i < panes && from.ok(); ++i) {
    const auto index = from.signed_varint();
    if (!g.open.empty() && index <= g.open.back().index) from.fail();
    g.open.push_back({index, decode_partial(kinds_, from)});
  }
  if (spec_.kind == window_kind::session && g.open.size() != 1) from.fail();
  g.sealed = pane_queue::decode(kinds_, from);
  recharge(g);
}

}  // namespace perigee::rules::detail
