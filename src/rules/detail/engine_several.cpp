// Rules that decide on several messages together: JOIN of two streams, and MATCH.

#include <algorithm>

#include "rules/detail/engine.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::rules::detail {

/// A message may be of both streams.
void engine::take_into_pairs(running& rule, timestamp at, const evaluation& with) {
  const auto& code = rule.plan.code;
  if (rule.memory.pairs->is_late(at)) {
    ++rule.stats.late;
    return;
  }
  for (const auto side : {pair_state::side::from, pair_state::side::join}) {
    const auto index = static_cast<std::size_t>(side);
    const auto covers = [&](const std::string& filter) { return wire::mqtt::matches(filter, with.what.topic); };
    if (std::ranges::none_of(rule.plan.pairs->filters[index], covers)) continue;
    const auto key = small(evaluate(code, rule.plan.pairs->keys[index], with), with);
    arguments_.clear();
    for (const auto one : code.captures[index]) arguments_.push_back(small(evaluate(code, one, with), with));
    rule.memory.pairs->take(side, at, key_text(key, texts_), arguments_);
  }
}

void engine::end_pair(running& rule, const pair_state::pair& pair, action_sink& out) {
  const auto& wanted = rule.plan.code.joined;
  joined_.assign(wanted.size(), value{});
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto& of = wanted[i].join == 0 ? pair.from : pair.join;
    if (!of.empty()) joined_[i] = of[wanted[i].column].view();
  }
  decide_together(rule, {pair.start, pair.end, {}, {}}, out);
}

/// Of the steps that there are already; the others' are NULL.
void engine::show_kept(const rule_plan& plan, const match_state::kept_steps& steps) {
  const auto& wanted = plan.code.joined;
  joined_.assign(wanted.size(), value{});
  for (std::size_t step = 0; step < steps.size(); ++step) {
    const auto& [condition, negated, source] = plan.match->steps[step];
    for (std::size_t i = 0; !negated && i < wanted.size(); ++i) {
      if (wanted[i].join == source) joined_[i] = steps[step][wanted[i].column].view();
    }
  }
}

void engine::take_into_match(running& rule, timestamp at, evaluation with, action_sink& out) {
  const auto& code = rule.plan.code;
  const auto& plan = *rule.plan.match;
  if (at < rule.memory.match->watermark()) {
    ++rule.stats.late;
    return;
  }
  const auto is = [&](std::size_t step, const match_state::kept_steps& before) {
    show_kept(rule.plan, before);
    with.joined = joined_;
    const auto v = evaluate(code, plan.steps[step].condition, with);
    if (!fits(v, value_type::boolean)) ++rule.stats.errors;
    return v.is_true();
  };
  const auto keep = [&](std::size_t step) {
    std::vector<kept_value> kept;
    for (const auto one : code.captures[plan.steps[step].source]) {
      kept.emplace_back(small(evaluate(code, one, with), with));
    }
    return kept;
  };
  const auto key = plan.partition.empty() ? with.what.topic : key_of(plan.partition, code, with);
  rule.memory.match->take(std::string(key), at, is, keep, [&](timestamp then, const match_state::kept_steps& steps) {
    end_match(rule, then, steps, out);
  });
}

void engine::end_match(running& rule, timestamp at, const match_state::kept_steps& steps, action_sink& out) {
  show_kept(rule.plan, steps);
  decide_together(rule, {at, at, {}, {}}, out);
}

}  // namespace perigee::rules::detail
