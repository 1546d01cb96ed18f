#include "rules/detail/analytic.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "rules/detail/lexer.hpp"

namespace perigee::rules::detail {
namespace {

using kind = analytic_kind;

constexpr auto table = std::to_array<analytic_function>({
    {"lag", "lag(value [, n [, default]])", "what it was with the n-th message before this one; n is constant",
     kind::lag, 1, 3},
    {"latest", "latest(value [, default])", "the last that was not NULL, this message's own if it is not", kind::latest,
     1, 2},
    {"changed", "changed(value, ...)",
     "whether one of them is another than with the message before; NULL is no change, the first message is one",
     kind::changed, 1, 16, value_type::boolean},
    {"had_changed", "had_changed(ignore_null, value, ...)", "the same, where NULL may count as a value",
     kind::had_changed, 2, 16, value_type::boolean},
    {"changed_col", "changed_col(ignore_null, value)", "the value if it changed, NULL if not", kind::changed_col, 2, 2},
    {"deadband", "deadband(number, band)",
     "whether it is further than the band from where this was true last; true with the first message", kind::deadband,
     2, 2, value_type::boolean},
    {"swinging_door", "swinging_door(number, deviation)",
     "whether the message before this one is a corner of a line that stays within the deviation of all: keep lag(x) "
     "then",
     kind::swinging_door, 2, 2, value_type::boolean},
});

}  // namespace

std::span<const analytic_function> analytic_functions() { return table; }

const analytic_function* find_analytic(std::string_view name) {
  const auto found = std::ranges::find_if(table, [&](const auto& f) { return equal_ignoring_case(f.name, name); });
  return found == table.end() ? nullptr : &*found;
}

value analytic_state::take(const message& m) {
  auto* found = kept_.find(m.key);
  auto& e = found != nullptr ? *found : kept_.add(m.key);
  if (!m.counts) return e.outcome;
  ++e.messages;
  const auto out = answer(e, m);
  e.outcome = out.kind == value_kind::text || out.kind == value_kind::json ? value{} : out;
  recharge(e);
  kept_.make_room();
  return out;
}

value analytic_state::answer(entry& e, const message& m) {
  switch (kind_) {
    case kind::lag: return lagged(e, m);
    case kind::latest: return latest(e, m);
    case kind::changed:
    case kind::had_changed:
    case kind::changed_col: return changes(e, m);
    case kind::deadband: return beyond_band(e, m);
    case kind::swinging_door: return swings(e, m);
  }
  return {};
}

value analytic_state::lagged(entry& e, const message& m) {
  const bool deep = e.values.size() == depth_;
  result_ = deep ? std::move(e.values.front()) : kept_value(m.arguments.size() > 2 ? m.arguments[2] : value{});
  if (deep) e.values.pop_front();
  e.values.emplace_back(m.arguments[0]);
  return result_.view();
}

value analytic_state::latest(entry& e, const message& m) {
  if (!m.arguments[0].is_null()) e.values.assign(1, kept_value(m.arguments[0]));
  result_ = !e.values.empty() ? e.values.front() : kept_value(m.arguments.size() > 1 ? m.arguments[1] : value{});
  return result_.view();
}

value analytic_state::changes(entry& e, const message& m) {
  const bool says = kind_ != kind::changed;  // whether NULL is to be ignored
  const bool ignore_null = !says || !m.arguments[0].is_false();
  const auto watched = m.arguments.subspan(says ? 1 : 0);
  e.values.resize(watched.size());
  bool any = false;
  for (std::size_t i = 0; i < watched.size(); ++i) {
    if (watched[i].is_null() && ignore_null) continue;
    // The first message changes everything that it has.
    if (e.messages > 1 && same_value(e.values[i].view(), watched[i])) continue;
    any = true;
    e.values[i] = kept_value(watched[i]);
  }
  if (kind_ != kind::changed_col) return of_boolean(any);
  return any ? watched[0] : value{};
}

value analytic_state::beyond_band(entry& e, const message& m) {
  const auto& x = m.arguments[0];
  const auto& band = m.arguments[1];
  if (x.kind != value_kind::number || band.kind != value_kind::number) return {};
  const bool beyond = e.values.empty() || std::abs(x.number - e.values.front().view().number) > band.number;
  if (beyond) e.values.assign(1, kept_value(x));
  return of_boolean(beyond);
}

value analytic_state::swings(entry& e, const message& m) {
  if (m.arguments[0].kind != value_kind::number || m.arguments[1].kind != value_kind::number) return {};
  const double x = m.arguments[0].number;
  const double deviation = m.arguments[1].number;
  auto& d = e.swing;
  const bool first = e.values.empty();
  if (!first && m.at <= d.last_at) return of_boolean(false);  // no line goes back in time
  const auto open = [&] {
    const double seconds = std::chrono::duration<double>(m.at - d.corner_at).count();
    d.slope_max = (x - (d.corner + deviation)) / seconds;
    d.slope_min = (x - (d.corner - deviation)) / seconds;
  };
  bool corner = false;
  if (first) {
    e.values.assign(1, kept_value(of_boolean(true)));
    d = {.corner_at = m.at, .last_at = m.at, .corner = x, .last = x};
  } else if (d.corner_at == d.last_at) {
    corner = true;  // the very first value: where the line begins
    open();
  } else {
    const auto [upper, lower] = std::pair(d.slope_max, d.slope_min);
    open();
    d.slope_max = std::max(d.slope_max, upper);
    d.slope_min = std::min(d.slope_min, lower);
    corner = d.slope_max > d.slope_min;
    if (corner) {
      d.corner_at = d.last_at;
      d.corner = d.last;
      open();
    }
  }
  d.last_at = m.at;
  d.last = x;
  return of_boolean(corner);
}

void analytic_state::recharge(entry& e) {
  std::size_t bytes = 0;
  for (const auto& one : e.values) bytes += sizeof(one) + one.heap_bytes();
  kept_.charge(e, bytes);
}

void analytic_state::encode(byte_writer& to) const {
  to.varint(kept_.evicted());
  to.varint(kept_.size());
  for (const auto& e : kept_) {
    to.sized(e.key);
    to.varint(e.messages);
    encode_value(to, e.outcome);
    to.varint(e.values.size());
    for (const auto& one : e.values) encode_value(to, one.view());
    to.u64(static_cast<std::uint64_t>(e.swing.corner_at.ns));
    to.u64(static_cast<std::uint64_t>(e.swing.last_at.ns));
    for (const double x : {e.swing.corner, e.swing.last, e.swing.slope_min, e.swing.slope_max}) to.f64(x);
  }
}

void analytic_state::decode(byte_reader& from) {
  kept_.count_evicted(from.varint());
  const auto count = from.varint();
  if (count > limits::rule_groups_max) from.fail();
  for (std::uint64_t i = 0; i < count && from.ok(); ++i) {
    const auto key = from.sized_text();
    if (!from.ok() || kept_.find(key) != nullptr) return from.fail();
    auto& e = kept_.add(key);
    e.messages = from.varint();
    e.outcome = decode_value(from);
    if (e.outcome.kind == value_kind::text || e.outcome.kind == value_kind::json) return from.fail();
    const auto values = from.varint();
    if (values > limits::rule_lag_max) return from.fail();
    for (std::uint64_t n = 0; n < values && from.ok(); ++n) e.values.emplace_back(decode_value(from));
    e.swing.corner_at.ns = static_cast<std::int64_t>(from.u64());
    e.swing.last_at.ns = static_cast<std::int64_t>(from.u64());
    for (double* x : {&e.swing.corner, &e.swing.last, &e.swing.slope_min, &e.swing.slope_max}) *x = from.f64();
    recharge(e);
  }
}

}  // namespace perigee::rules::detail
