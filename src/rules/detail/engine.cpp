#include "rules/detail/engine.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/limits.hpp"
#include "base/rules_limits.hpp"
#include "rules/detail/alarm_text.hpp"

namespace perigee::rules::detail {
namespace {

std::string_view trimmed(std::string_view json) {
  const auto first = json.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return json.substr(first, json.find_last_not_of(" \t\r\n") - first + 1);
}

/// When this node's journal took it.
timestamp taken_at(const event& e) { return e.now == timestamp{} ? e.arrival : e.now; }

}  // namespace

/// One event, or the end of a window, under one rule.
class engine::decision {
 public:
  decision(engine& of, running& rule, const event& what, const evaluation& with, action_sink& out)
      : engine_(of), plan_(rule.plan), stats_(rule.stats), what_(what), with_(with), out_(out) {}

  void run() {
    ++stats_.seen;
    const auto condition = plan_.where ? evaluate(plan_.code, *plan_.where, with_) : of_boolean(true);
    if (condition.is_true()) ++stats_.matched;
    act_on(condition);
  }

  /// The same of two messages, which were seen when they came.
  void run_pair() {
    const auto condition = plan_.where ? evaluate(plan_.code, *plan_.where, with_) : of_boolean(true);
    if (condition.is_true()) ++stats_.matched;
    act_on(condition);
  }

  /// The same when a window ends.
  void run_window() {
    act_on(plan_.window->having ? evaluate(plan_.code, *plan_.window->having, with_) : of_boolean(true));
  }

  void act_on(const value& condition) {
    if (condition.is_true()) {
      for (const auto& action : plan_.actions) take(action);
    } else if (condition.is_false()) {
      settle();
    } else if (!condition.is_null()) {
      ++stats_.errors;  // a field that was to be true or false and is neither
    }
  }

 private:
  void take(const action_plan& action) {
    if (action.kind == action_kind::alarm) return raise(action);
    if (action.kind == action_kind::table) return put_row(action);
    const auto topic = render_topic(action.topic, plan_.code, with_, engine_.output_);
    const auto payload =
        action.payload ? render_payload(*action.payload, plan_.code, with_, engine_.output_) : columns();
    if (!topic || !payload) return drop();
    ++stats_.actions;
    if (action.kind == action_kind::publish) {
      out_.on_publish({plan_.name, *topic, as_bytes(*payload), action.qos, action.retain});
    } else {
      out_.on_store({plan_.name, *topic, as_bytes(*payload)});
    }
  }

  /// A row without a key would never be found.
  void put_row(const action_plan& action) {
    const auto key = key_text(evaluate(plan_.code, *action.key, with_), engine_.output_);
    if (!key) return drop();
    engine_.keys_.clear();
    for (const auto column : action.row) {
      engine_.keys_.push_back(engine_.small(evaluate(plan_.code, column, with_), with_));
    }
    engine_.tables_[action.table].kept->put(*key, engine_.keys_, taken_at(what_));
    ++engine_.version_;
    ++stats_.actions;
  }

  void raise(const action_plan& action) {
    const auto alarm = identity(action);
    if (!alarm) return drop();
    const auto* known = engine_.alarms_.find(*alarm);
    if (known != nullptr) {
      // Before its off-delay has passed: it was never over.
      if (known->phase == alarm_phase::ending) engine_.alarms_.change(*alarm, {known->since, known->severity});
      return;
    }
    const bool waits = action.design.on_delay > nanoseconds::zero();
    alarm_state made{what_.arrival, action.severity};
    if (waits) made = delayed(made, alarm_phase::waiting, action.design.on_delay);
    if (!columns() || !engine_.alarms_.raise(*alarm, made)) return drop();
    if (waits) return engine_.note_alarm_deadline(engine_.lane_);
    tell(action, *alarm, made, true);
  }

  /// The condition is false: what was raised for this key is over. NULL, not knowing, changes nothing.
  void settle() {
    for (const auto& action : plan_.actions) {
      if (action.kind != action_kind::alarm || engine_.alarms_.empty()) continue;
      const auto alarm = identity(action);
      const auto* known = alarm ? engine_.alarms_.find(*alarm) : nullptr;
      if (known != nullptr) settle(*alarm, action, *known);
    }
  }

  void settle(const alarm_view& alarm, const action_plan& action, alarm_state state) {
    if (state.phase == alarm_phase::waiting) return engine_.alarms_.clear(alarm);
    const auto over = action.clear_when ? evaluate(plan_.code, *action.clear_when, with_) : of_boolean(true);
    if (!over.is_true()) {
      // Within its deadband the alarm holds, and its off-delay begins anew.
      const bool is_back = over.is_false() && state.phase == alarm_phase::ending;
      if (is_back) engine_.alarms_.change(alarm, {state.since, state.severity});
      return;
    }
    if (state.phase == alarm_phase::ending) return;
    if (action.design.off_delay > nanoseconds::zero()) {
      engine_.alarms_.change(alarm, delayed(state, alarm_phase::ending, action.design.off_delay));
      return engine_.note_alarm_deadline(engine_.lane_);
    }
    engine_.alarms_.clear(alarm);
    tell(action, alarm, state, false);
  }

  /// By the time at which this node's journal took what is decided on.
  alarm_state delayed(alarm_state of, alarm_phase phase, nanoseconds delay) {
    of.phase = phase;
    of.due = (engine_.now_ + delay).ns;
    of.lane = engine_.lane_;
    const auto values = columns().value_or("{}");
    of.values = values.size() <= limits::alarm_values_bytes_max ? values : std::string_view("{}");
    return of;
  }

  void tell(const action_plan& of, const alarm_view& alarm, const alarm_state& state, bool raised) {
    alarm_action action{plan_.name,  alarm.name,  alarm.key, state.severity, raised, what_.arrival,
                        state.since, what_.topic, {}};
    // A change of state is told even where there is no room for the columns.
    const auto members = raised ? std::string_view(of.members) : std::string_view();
    const auto payload = alarm_payload(engine_.output_, action, members, columns().value_or("{}"));
    action.payload = as_bytes(payload.value_or("{}"));
    ++stats_.actions;
    tell_all(action, &of, out_);
  }

  /// Nothing where the key is NULL or over its bound.
  std::optional<alarm_view> identity(const action_plan& action) {
    alarm_view out{plan_.name, action.alarm, {}};
    if (!action.key) return out;
    const auto key = evaluate(plan_.code, *action.key, with_);
    if (key.is_null()) return std::nullopt;
    engine_.output_.begin();
    put_plain(engine_.output_, key);
    const auto text = engine_.output_.take();
    if (!text || text->size() > limits::alarm_key_bytes_max) return std::nullopt;
    out.key = *text;
    return out;
  }

  /// The selected columns as one JSON object, made once however many actions carry it.
  std::optional<std::string_view> columns() {
    if (columns_) return columns_;
    auto& out = engine_.output_;
    out.begin();
    out.put('{');
    bool first = !put_star(out);
    for (const auto& column : plan_.columns) {
      if (!std::exchange(first, false)) out.put(',');
      out.put(column.key);
      put_json(out, evaluate(plan_.code, column.value, with_));
    }
    out.put('}');
    columns_ = out.take();
    return columns_;
  }

  /// `*`: the members of the payload as they came; a payload that is no object is the member `value`.
  bool put_star(scratch& out) {
    if (!plan_.star) return false;
    auto json = trimmed(as_text(what_.payload));
    if (json.starts_with('{') && json.ends_with('}') && json.size() > 1) {
      json = trimmed(json.substr(1, json.size() - 2));
    } else if (!json.empty()) {
      out.put(R"("value":)");
    }
    out.put(json);
    return !json.empty();
  }

  void drop() { ++stats_.dropped; }

  engine& engine_;
  const rule_plan& plan_;
  rule_stats& stats_;
  const event& what_;
  const evaluation with_;
  action_sink& out_;
  std::optional<std::string_view> columns_;
};

void engine::end_window(running& rule, const window_view& window, action_sink& out) {
  const event nothing{.topic = {}, .payload = {}, .arrival = window.end};
  auto with = view_of(rule, nothing);
  with.window = &window;
  decision(*this, rule, nothing, with, out).run_window();
}

/// What was kept of several messages stands in joined_.
void engine::decide_together(running& rule, const window_view& of, action_sink& out) {
  const event nothing{.topic = {}, .payload = {}, .arrival = of.end};
  auto with = view_of(rule, nothing);
  with.window = &of;
  with.joined = joined_;
  decision(*this, rule, nothing, with, out).run_pair();
}

void engine::end_hold(running& rule, const event& e, action_sink& out) {
  values_are_of_another_ = true;
  if (rule.plan.reads_payload && !read_payload(e)) return;  // it was readable when it came
  auto with = view_of(rule, e);
  join(rule, with);  // it found its rows when it came; what is gone by now is NULL
  decision(*this, rule, e, with, out).act_on(of_boolean(true));
}

/// The condition acts once it has been true for long enough, and at once when it is false.
void engine::hold(running& rule, const event& e, timestamp at, const evaluation& with, action_sink& out) {
  const auto condition = evaluate(rule.plan.code, *rule.plan.where, with);
  decision made(*this, rule, e, with, out);
  if (!condition.is_true() && !condition.is_false()) return made.act_on(condition);
  const auto& parts = rule.plan.hold->partition;
  const auto key = parts.empty() ? e.topic : key_of(parts, rule.plan.code, with);
  if (condition.is_false()) {
    rule.memory.hold->is_false(key);
    return made.act_on(condition);
  }
  ++rule.stats.matched;
  if (rule.memory.hold->is_true(key, e, at)) made.act_on(condition);
}

void engine::decide_in_time(running& rule, const event& e, action_sink& out) {
  constexpr auto ahead_max = std::chrono::seconds(limits::rule_time_ahead_seconds_max);
  ++version_;
  const auto at = time_of(rule, view_of(rule, e));
  // A clock that is far ahead would end every window, and what others send would be late from then on.
  if (!at || (rule.plan.time.value && *at > taken_at(e) + ahead_max)) {
    ++rule.stats.seen;
    ++rule.stats.errors;
    untimely_ = true;
    return;
  }
  if (!rule.memory.deadline()) rule.lane = e.lane;
  move_to(rule, *at - rule.plan.time.lateness, out);
  if (std::exchange(values_are_of_another_, false)) read_payload(e);
  auto with = view_of(rule, e);
  if (!join(rule, with)) return note_deadline(rule);
  ask_analytics(rule, *at, with);
  if (!rule.memory.is_timed()) return decision(*this, rule, e, with, out).run();
  ++rule.stats.seen;
  if (rule.memory.windows) {
    take_into_window(rule, *at, with, out);
  } else if (rule.memory.pairs) {
    take_into_pairs(rule, *at, with);
  } else if (rule.memory.match) {
    take_into_match(rule, *at, with, out);
  } else {
    hold(rule, e, *at, with, out);
  }
  note_deadline(rule);
}

engine::engine(std::vector<rule_plan> rules, field_tree fields, std::vector<table_plan> tables)
    : fields_(std::move(fields)),
      values_(fields_.slots()),
      texts_(limits::rule_scratch_bytes_max),
      output_(limits::rule_scratch_bytes_max) {
  deadlines_.fill(INT64_MAX);
  for (auto& plan : tables) {
    auto kept = plan.file ? nullptr : fresh_rows(plan);
    tables_.push_back({std::move(plan), std::move(kept)});
  }
  rules_.reserve(rules.size());
  matching_.reserve(rules.size() * 2);
  for (auto& plan : rules) {
    const auto id = static_cast<std::uint32_t>(rules_.size());
    for (const auto& filter : plan.filters) (plan.interlock ? interlocks_ : by_topic_).insert(filter, id);
    auto& made = rules_.emplace_back(std::move(plan), rule_stats{});
    made.memory = fresh_memory(made.plan);
    made.tallies.resize(made.plan.code.watched.size());
    if (made.memory.is_timed() && !made.plan.time.value) timed_.push_back(id);
  }
}

void engine::find_rules(const rule_trie& in, std::string_view topic) {
  matching_.clear();
  in.match(topic, [this](std::uint32_t rule) { matching_.push_back(rule); });
  if (matching_.size() < 2) return;
  // In the order of the files, and once where several filters of a rule cover the topic.
  std::ranges::sort(matching_);
  const auto twice = std::ranges::unique(matching_);
  matching_.erase(twice.begin(), twice.end());
}

bool engine::read_payload(const event& e) {
  return e.payload.size() <= limits::message_payload_bytes_max && reader_.read(e.payload, fields_, values_);
}

evaluation engine::view_of(running& rule, const event& e) {
  texts_.clear();
  output_.clear();
  return {.what = e,
          .fields = values_,
          .texts = texts_,
          .json = json_,
          .errors = rule.stats.errors,
          .tallies = rule.tallies};
}

void engine::apply(const event& e, action_sink& out) { apply(by_topic_, e, out); }
void engine::decide_at_once(const event& e, action_sink& out) { apply(interlocks_, e, out); }

void engine::apply(const rule_trie& rules, const event& e, action_sink& out) {
  now_ = taken_at(e);
  lane_ = e.lane;
  find_rules(rules, e.topic);
  std::optional<bool> readable;  // the payload, looked at by the first rule that needs it
  for (const auto id : matching_) {
    auto& rule = rules_[id];
    if (rule.plan.reads_payload) {
      if (!readable) readable = read_payload(e);
      if (!*readable) {
        ++rule.stats.seen;
        ++rule.stats.errors;
        note_failure(rule, e, "the payload is not JSON");
        continue;
      }
    }
    const auto errors = rule.stats.errors;
    decide(rule, e, out);
    if (rule.stats.errors == errors) continue;
    note_failure(rule, e,
                 std::exchange(untimely_, false) ? "it says no time, or one that is far ahead of this node's clock"
                                                 : "a value has the wrong type, or was divided by zero");
  }
}

void engine::decide(running& rule, const event& e, action_sink& out) {
  if (rule.memory.any()) return decide_in_time(rule, e, out);
  auto with = view_of(rule, e);
  if (join(rule, with)) decision(*this, rule, e, with, out).run();
}

std::unique_ptr<kept_rows> engine::fresh_rows(const table_plan& plan) {
  return std::make_unique<kept_rows>(plan.columns.size(), plan.declared.ttl, budget_);
}

bool engine::join(running& rule, evaluation& with) {
  const auto& plan = rule.plan;
  if (plan.joins.empty()) return true;
  joined_.assign(plan.code.joined.size(), value{});
  with.joined = joined_;
  bool all = true;
  for (std::uint32_t i = 0; i < plan.joins.size(); ++i) {
    all = (take_row(plan.code, i, plan.joins[i], with) || plan.joins[i].left) && all;
  }
  if (!all) {
    ++rule.stats.seen;
    ++rule.stats.unjoined;
  }
  return all;
}

/// In their order: a column of one may be the key of the next.
bool engine::take_row(const program& code, std::uint32_t join, const join_plan& from, const evaluation& with) {
  const auto key = key_text(evaluate(code, from.key, with), texts_);
  if (!key) return false;
  auto& table = tables_[from.table];
  const auto put = [&](auto row, auto as_value) {
    for (std::size_t i = 0; !row.empty() && i < code.joined.size(); ++i) {
      if (code.joined[i].join == join) joined_[i] = as_value(row[code.joined[i].column]);
    }
    return !row.empty();
  };
  if (table.plan.file) return put(table.plan.file->find(*key), [](const value& v) { return v; });
  // The row may be written again while the rule acts.
  return put(table.kept->find(*key, taken_at(with.what)), [this](const kept_value& kept) {
    auto out = kept.view();
    texts_.begin();
    texts_.put(out.text);
    out.text = texts_.take().value_or("");
    return out;
  });
}

std::vector<condition_counts> engine::conditions() const {
  std::vector<condition_counts> out;
  for (const auto& rule : rules_) {
    for (std::size_t i = 0; i < rule.tallies.size(); ++i) {
      const auto& [line, column, text] = rule.plan.code.watched[i];
      const auto& tally = rule.tallies[i];
      out.push_back({rule.plan.file, line, column, text, tally.trues, tally.falses, tally.nulls});
    }
  }
  return out;
}

void engine::take_counts(const engine& from) {
  std::unordered_map<std::uint64_t, const running*> before;
  for (const auto& rule : from.rules_) before.emplace(rule.plan.identity, &rule);
  for (auto& rule : rules_) {
    const auto found = before.find(rule.plan.identity);
    if (found == before.end()) continue;
    rule.stats = found->second->stats;
    rule.failed_topic = found->second->failed_topic;
    if (rule.stats.last_error) rule.stats.last_error->topic = rule.failed_topic;
  }
}

std::vector<table_stats> engine::table_figures() const {
  std::vector<table_stats> out;
  for (const auto& [plan, kept] : tables_) {
    if (kept) {
      out.push_back({plan.name(), kept->size(), kept->bytes(), kept->evicted()});
    } else {
      out.push_back({plan.name(), plan.file->size(), plan.file->bytes()});
    }
  }
  return out;
}

void engine::note_failure(running& rule, const event& e, std::string_view what) {
  rule.failed_topic = e.topic;
  rule.stats.last_error = {e.arrival, what, rule.failed_topic};
}

bool engine::wants(std::string_view topic) const {
  bool wanted = false;
  by_topic_.match(topic, [&wanted](std::uint32_t) { wanted = true; });
  return wanted;
}

bool engine::has_interlocks() const {
  return std::ranges::any_of(rules_, [](const auto& r) { return r.plan.interlock; });
}

rule_stats engine::stats(std::size_t rule) const {
  auto out = rules_[rule].stats;
  out.name = rules_[rule].plan.name;
  out.file = rules_[rule].plan.file;
  rules_[rule].memory.show(out);
  return out;
}

}  // namespace perigee::rules::detail
