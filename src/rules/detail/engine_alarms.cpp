// Alarms that wait for their delays, and those of rules that are gone.

#include <algorithm>

#include "rules/detail/alarm_text.hpp"
#include "rules/detail/engine.hpp"

namespace perigee::rules::detail {

engine::running* engine::rule_of(const alarm_view& alarm) {
  const auto found =
      std::ranges::find(rules_, alarm.rule, [](const running& r) { return std::string_view(r.plan.name); });
  return found == rules_.end() ? nullptr : &*found;
}

const action_plan* engine::action_of(const alarm_view& alarm) {
  const auto* rule = rule_of(alarm);
  if (rule == nullptr) return nullptr;
  const auto& actions = rule->plan.actions;
  const auto found = std::ranges::find_if(
      actions, [&](const auto& a) { return a.kind == action_kind::alarm && a.alarm == alarm.name; });
  return found == actions.end() ? nullptr : &*found;
}

void engine::tell_later(const alarm_view& alarm, const alarm_state& state, timestamp at, action_sink& out) {
  output_.clear();
  const bool raised = state.phase != alarm_phase::ending;
  const auto* action = action_of(alarm);
  const auto members = raised && action != nullptr ? std::string_view(action->members) : std::string_view();
  alarm_action told{alarm.rule, alarm.name, alarm.key, state.severity, raised, at, state.since, {}, {}};
  const auto columns = state.values.empty() ? std::string_view("{}") : std::string_view(state.values);
  told.payload = as_bytes(alarm_payload(output_, told, members, columns).value_or("{}"));
  tell_all(told, action, out);
}

void engine::tell_all(const alarm_action& what, const action_plan* of, action_sink& out) {
  out.on_alarm(what);
  if (of == nullptr) return;
  for (const auto& topic : of->tell) out.on_store({what.rule, topic, what.payload});
}

/// What is said here is said of the time at which it was due, whenever that is noticed.
void engine::end_delays(std::uint8_t lane, timestamp now, action_sink& out) {
  while (const auto* next = alarms_.next_due(lane, now)) {
    const auto alarm = next->owned();
    auto state = next->state();
    const auto at = timestamp{state.due};
    if (auto* rule = rule_of(alarm.view())) ++rule->stats.actions;
    if (state.phase == alarm_phase::waiting) state.since = at;
    tell_later(alarm.view(), state, at, out);
    if (state.phase == alarm_phase::ending) {
      alarms_.clear(alarm.view());
    } else {
      alarms_.change(alarm.view(), {.since = at, .severity = state.severity});
    }
  }
}

void engine::note_alarm_deadline(std::uint8_t lane) {
  if (const auto due = alarms_.deadline(lane)) deadlines_[lane] = std::min(deadlines_[lane], due->ns);
}

void engine::take_over(alarm_table alarms, timestamp now, action_sink& out) {
  alarm_table kept;
  alarms.for_each([&](const alarm_view& alarm, const alarm_state& state) {
    if (action_of(alarm) != nullptr) {
      kept.raise(alarm, state);
    } else if (state.phase != alarm_phase::waiting) {
      auto over = state;
      over.phase = alarm_phase::ending;
      over.values.clear();
      tell_later(alarm, over, now, out);
    }
  });
  alarms_ = std::move(kept);
}

}  // namespace perigee::rules::detail
