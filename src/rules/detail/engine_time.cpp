// Rules that remember: when their messages happened, and what time brings about.

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

rule_memory engine::fresh_memory(const rule_plan& plan) {
  rule_memory out;
  const auto& code = plan.code;
  if (plan.window) {
    std::vector<window_state::aggregate> aggregates;
    for (const auto& one : code.aggregates) aggregates.push_back({one.kind, one.parameter});
    out.windows = std::make_unique<window_state>(plan.window->spec, std::move(aggregates), budget_);
  }
  if (plan.hold) out.hold = std::make_unique<hold_state>(plan.hold->duration, budget_);
  if (plan.pairs) {
    const std::array columns{code.captures[0].size(), code.captures[1].size()};
    out.pairs = std::make_unique<pair_state>(plan.pairs->spec, plan.pairs->left, columns, budget_);
  }
  if (plan.match) {
    match_state::shape shape{.negated = {}, .columns = {}, .within = plan.match->within};
    for (const auto& step : plan.match->steps) {
      shape.negated.push_back(step.negated);
      shape.columns.push_back(step.negated ? 0 : code.captures[step.source].size());
    }
    out.match = std::make_unique<match_state>(std::move(shape), budget_);
  }
  for (const auto& one : code.analytics) {
    out.analytics.push_back(std::make_unique<analytic_state>(one.kind, one.depth, budget_));
  }
  return out;
}

std::optional<timestamp> engine::time_of(const running& rule, const evaluation& with) const {
  const auto& plan = rule.plan.time;
  if (!plan.value) {
    const auto now = with.what.now == timestamp{} ? with.what.arrival : with.what.now;
    // The clock may be set back, the windows' time is not.
    return std::max(now, rule.memory.watermark());
  }
  const auto v = evaluate(rule.plan.code, *plan.value, with);
  std::optional<timestamp> out;
  if (v.kind == value_kind::number) {
    out = time_of_number(v, plan.unit);
  } else if (const auto at = from_iso8601(v.kind == value_kind::text ? v.text : std::string_view())) {
    out = *at;
  }
  // No machine of ours has measured before 1970; and so no difference of two times is more than nanoseconds can count.
  return out && *out >= timestamp{} ? out : std::nullopt;
}

void engine::move_to(running& rule, timestamp at, action_sink& out) {
  if (rule.memory.windows) {
    rule.memory.windows->move_to(at, [&](const window_view& w) { end_window(rule, w, out); });
  }
  if (rule.memory.pairs) {
    rule.memory.pairs->move_to(at, [&](const pair_state::pair& p) { end_pair(rule, p, out); });
  }
  if (rule.memory.match) {
    rule.memory.match->move_to(
        at, [&](timestamp then, const match_state::kept_steps& steps) { end_match(rule, then, steps, out); });
  }
  if (rule.memory.hold) rule.memory.hold->move_to(at, [&](const event& e) { end_hold(rule, e, out); });
}

value engine::small(value v, const evaluation& with) const {
  return v.kind == value_kind::number || v.text.size() <= limits::rule_kept_text_bytes_max ? v : with.wrong();
}

/// The values one behind the other, as they are kept.
std::string_view engine::key_of(std::span<const node_id> parts, const program& code, const evaluation& with) {
  key_.clear();
  byte_writer to(key_);
  for (const auto part : parts) encode_value(to, small(evaluate(code, part, with), with));
  return as_text(key_);
}

/// In their order: one may be an argument of those behind it.
void engine::ask_analytics(running& rule, timestamp at, evaluation& with) {
  const auto& code = rule.plan.code;
  analytics_.assign(code.analytics.size(), value{});
  with.analytics = analytics_;
  for (std::size_t i = 0; i < code.analytics.size(); ++i) {
    const auto& call = code.analytics[i];
    arguments_.clear();
    for (const auto argument : call.arguments) arguments_.push_back(small(evaluate(code, argument, with), with));
    const auto counts = call.when ? evaluate(code, *call.when, with) : of_boolean(true);
    const auto key = key_of(call.partition, code, with);
    analytics_[i] = rule.memory.analytics[i]->take({at, key, arguments_, counts.is_true()});
  }
}

void engine::take_into_window(running& rule, timestamp at, const evaluation& with, action_sink& out) {
  const auto& code = rule.plan.code;
  const auto holds = [&](std::optional<node_id> condition) {
    const auto v = condition ? evaluate(code, *condition, with) : of_boolean(true);
    if (!fits(v, value_type::boolean)) ++rule.stats.errors;
    return v.is_true();
  };
  if (!holds(rule.plan.where)) return;
  ++rule.stats.matched;
  if (!holds(rule.plan.window->filter)) return;
  if (rule.memory.windows->is_late(at)) {
    ++rule.stats.late;
    return;
  }
  keys_.clear();
  for (const auto key : rule.plan.window->keys) keys_.push_back(small(evaluate(code, key, with), with));
  arguments_.clear();
  for (const auto& one : code.aggregates) {
    const auto v = small(evaluate(code, one.argument, with), with);
    arguments_.push_back(is_of_numbers(one.kind) && !fits(v, value_type::number) ? with.wrong() : v);
  }
  const auto tell = [&](const window_view& w) { end_window(rule, w, out); };
  const auto outcome = rule.memory.windows->take({at, keys_, arguments_}, tell);
  if (outcome == window_state::outcome::passed_over) ++rule.stats.errors;
}

void engine::note_deadline(const running& rule) {
  const auto due = rule.memory.deadline();
  if (!due || rule.plan.time.value) return;
  auto& earliest = deadlines_[rule.lane];
  earliest = std::min(earliest, due->ns);
}

void engine::advance(std::uint8_t lane, timestamp now, action_sink& out) {
  now_ = now;
  lane_ = lane;
  if (now.ns < deadlines_[lane]) return;
  ++version_;
  deadlines_[lane] = INT64_MAX;
  for (const auto id : timed_) {
    auto& rule = rules_[id];
    if (rule.lane != lane) continue;
    const auto errors = rule.stats.errors;
    move_to(rule, now, out);
    if (rule.stats.errors != errors) {
      note_failure(rule, {.topic = {}, .payload = {}, .arrival = now},
                   "a value has the wrong type, or was divided by zero");
    }
    note_deadline(rule);
  }
  values_are_of_another_ = false;
  end_delays(lane, now, out);
  note_alarm_deadline(lane);
}

std::optional<timestamp> engine::next_deadline(std::uint8_t lane) const {
  return deadlines_[lane] == INT64_MAX ? std::nullopt : std::optional(timestamp{deadlines_[lane]});
}

}  // namespace perigee::rules::detail
