// Rules with a window: when their messages happened, and what ends by it.

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/rules_limits.hpp"
#include "rules/detail/engine.hpp"

namespace perigee::rules::detail {
namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;
constexpr double latest_ns = 9.2e18;  // the year 2261

/// Nanoseconds in one of the unit.
std::int64_t length_of(time_unit unit, double number) {
  constexpr double seconds_below = 1e11;
  constexpr double milliseconds_below = 1e14;
  constexpr double microseconds_below = 1e17;
  switch (unit) {
    case time_unit::seconds: return ns_per_second;
    case time_unit::milliseconds: return 1'000'000;
    case time_unit::microseconds: return 1000;
    case time_unit::nanoseconds: return 1;
    case time_unit::by_magnitude: break;
  }
  const double size = std::abs(number);
  if (size < seconds_below) return length_of(time_unit::seconds, number);
  if (size < milliseconds_below) return length_of(time_unit::milliseconds, number);
  return length_of(size < microseconds_below ? time_unit::microseconds : time_unit::nanoseconds, number);
}

/// A double cannot tell nanoseconds of this century apart; the digits of the payload can.
std::optional<timestamp> time_of_number(const value& v, time_unit unit) {
  const auto length = length_of(unit, v.number);
  if (!(std::abs(v.number) * static_cast<double>(length) < latest_ns)) return std::nullopt;
  std::int64_t whole = 0;
  const auto* end = v.text.data() + v.text.size();
  const auto parsed = std::from_chars(v.text.data(), end, whole);
  if (parsed.ec == std::errc() && parsed.ptr == end) return timestamp{whole * length};
  return timestamp{static_cast<std::int64_t>(v.number * static_cast<double>(length))};
}

}  // namespace

std::unique_ptr<window_state> engine::fresh_windows(const rule_plan& plan) {
  if (!plan.window) return nullptr;
  std::vector<window_state::aggregate> aggregates;
  for (const auto& one : plan.code.aggregates) aggregates.push_back({one.kind, one.parameter});
  return std::make_unique<window_state>(plan.window->spec, std::move(aggregates), budget_);
}

std::optional<timestamp> engine::time_of(const running& rule, const evaluation& with) const {
  const auto& plan = rule.plan.time;
  if (!plan.value) {
    const auto now = with.what.now == timestamp{} ? with.what.arrival : with.what.now;
    // The clock may be set back, the windows' time is not.
    return std::max(now, rule.windows->watermark());
  }
  const auto v = evaluate(rule.plan.code, *plan.value, with);
  if (v.kind == value_kind::number) return time_of_number(v, plan.unit);
  if (v.kind != value_kind::text) return std::nullopt;
  const auto at = from_iso8601(v.text);
  return at ? std::optional(*at) : std::nullopt;
}

void engine::decide_in_window(running& rule, const event& e, action_sink& out) {
  constexpr auto ahead_max = std::chrono::seconds(limits::rule_time_ahead_seconds_max);
  ++rule.stats.seen;
  ++version_;
  auto& windows = *rule.windows;
  const auto at = time_of(rule, view_of(rule, e));
  // A clock that is far ahead would end every window, and what others send would be late from then on.
  const auto taken_at = e.now == timestamp{} ? e.arrival : e.now;
  if (!at || (rule.plan.time.value && *at > taken_at + ahead_max)) {
    ++rule.stats.errors;
    return;
  }
  if (!windows.deadline()) rule.lane = e.lane;
  windows.move_to(*at - rule.plan.time.lateness, [&](const window_view& w) { end_window(rule, w, out); });
  take_into_window(rule, e, *at, out);
  note_deadline(rule);
}

void engine::take_into_window(running& rule, const event& e, timestamp at, action_sink& out) {
  const auto with = view_of(rule, e);
  const auto& code = rule.plan.code;
  const auto holds = [&](std::optional<node_id> condition) {
    const auto v = condition ? evaluate(code, *condition, with) : of_boolean(true);
    if (!fits(v, value_type::boolean)) ++rule.stats.errors;
    return v.is_true();
  };
  if (!holds(rule.plan.where)) return;
  ++rule.stats.matched;
  if (!holds(rule.plan.window->filter)) return;
  if (rule.windows->is_late(at)) {
    ++rule.stats.late;
    return;
  }
  keys_.clear();
  for (const auto key : rule.plan.window->keys) keys_.push_back(evaluate(code, key, with));
  arguments_.clear();
  for (const auto& one : code.aggregates) {
    const auto v = evaluate(code, one.argument, with);
    const bool any = one.kind == aggregate_kind::count || one.kind == aggregate_kind::count_distinct ||
                     one.kind == aggregate_kind::first || one.kind == aggregate_kind::last;
    const bool small = v.text.size() <= limits::rule_kept_text_bytes_max || v.kind == value_kind::number;
    const bool good = small && (any || fits(v, value_type::number));
    if (!good) ++rule.stats.errors;
    arguments_.push_back(good ? v : value{});
  }
  const auto tell = [&](const window_view& w) { end_window(rule, w, out); };
  const auto outcome = rule.windows->take({at, keys_, arguments_}, tell);
  if (outcome == window_state::outcome::passed_over) ++rule.stats.errors;
}

void engine::note_deadline(const running& rule) {
  const auto due = rule.windows->deadline();
  if (!due || rule.plan.time.value) return;
  auto& earliest = deadlines_[rule.lane];
  earliest = std::min(earliest, due->ns);
}

void engine::advance(std::uint8_t lane, timestamp now, action_sink& out) {
  if (now.ns < deadlines_[lane]) return;
  ++version_;
  deadlines_[lane] = INT64_MAX;
  for (const auto id : timed_) {
    auto& rule = rules_[id];
    if (rule.lane != lane) continue;
    const auto errors = rule.stats.errors;
    rule.windows->move_to(now, [&](const window_view& w) { end_window(rule, w, out); });
    if (rule.stats.errors != errors) {
      note_failure(rule, {.topic = {}, .payload = {}, .arrival = now},
                   "a value has the wrong type, or was divided by zero");
    }
    note_deadline(rule);
  }
}

std::optional<timestamp> engine::next_deadline(std::uint8_t lane) const {
  return deadlines_[lane] == INT64_MAX ? std::nullopt : std::optional(timestamp{deadlines_[lane]});
}

}  // namespace perigee::rules::detail
