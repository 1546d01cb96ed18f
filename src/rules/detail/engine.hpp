#pragma once
// What rule_set is made of.

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rules/detail/alarm_table.hpp"
#include "rules/detail/hold.hpp"
#include "rules/detail/match_state.hpp"
#include "rules/detail/pair_state.hpp"
#include "rules/detail/payload_reader.hpp"
#include "rules/detail/rule_plan.hpp"
#include "wire/mqtt/topic_trie.hpp"

namespace perigee::rules::detail {

/// What one rule remembers between messages.
struct rule_memory {
  std::unique_ptr<window_state> windows;
  std::unique_ptr<hold_state> hold;
  std::unique_ptr<pair_state> pairs;
  std::unique_ptr<match_state> match;
  std::vector<std::unique_ptr<analytic_state>> analytics;  // by their place in the program

  [[nodiscard]] bool any() const { return is_timed() || !analytics.empty(); }
  [[nodiscard]] bool is_timed() const { return windows || hold || pairs || match; }
  [[nodiscard]] timestamp watermark() const;
  [[nodiscard]] std::optional<timestamp> deadline() const;
  void show(rule_stats& in) const;

  void encode(byte_writer& to) const;
  /// Into a fresh one. Fails the reader on what is none.
  void decode(byte_reader& from);
};

/// Dispatches an event to the rules of its topic and carries out what they decide. Owned by its rule_set.
class engine {
  using rule_trie = wire::mqtt::topic_trie<std::uint32_t>;

 public:
  engine(std::vector<rule_plan> rules, field_tree fields, std::vector<table_plan> tables);

  void apply(const event& e, action_sink& out);
  /// The interlocks; `apply` is of all others.
  void decide_at_once(const event& e, action_sink& out);
  [[nodiscard]] bool has_interlocks() const;
  void advance(std::uint8_t lane, timestamp now, action_sink& out);
  [[nodiscard]] std::optional<timestamp> next_deadline(std::uint8_t lane) const;

  [[nodiscard]] bool wants(std::string_view topic) const;
  [[nodiscard]] std::size_t size() const { return rules_.size(); }
  [[nodiscard]] rule_stats stats(std::size_t rule) const;
  [[nodiscard]] std::vector<table_stats> table_figures() const;
  [[nodiscard]] std::vector<condition_counts> conditions() const;
  /// What the rules that are the same did there.
  void take_counts(const engine& from);
  [[nodiscard]] const alarm_table& alarms() const { return alarms_; }
  [[nodiscard]] std::uint64_t version() const { return version_ + alarms_.version(); }
  void encode(byte_buffer& out) const;
  /// Changes nothing where it fails.
  [[nodiscard]] result<> restore(byte_view snapshot, timestamp now, action_sink& out);

 private:
  struct running {
    rule_plan plan;
    rule_stats stats;
    std::string failed_topic{};  // what stats.last_error shows
    rule_memory memory{};
    std::vector<condition_tally> tallies{};  // by the place in the program
    std::uint8_t lane = 0;                   // that moves its time: the one its messages come through
  };
  struct running_table {
    table_plan plan;
    std::unique_ptr<kept_rows> kept;  // null: of a file
  };
  static void note_failure(running& rule, const event& e, std::string_view what);
  /// One event under one rule.
  class decision;

  /// False where a JOIN finds no row and is not LEFT: the rule has nothing to decide.
  bool join(running& rule, evaluation& with);
  bool take_row(const program& code, std::uint32_t join, const join_plan& from, const evaluation& with);
  void find_rules(const rule_trie& in, std::string_view topic);
  void apply(const rule_trie& rules, const event& e, action_sink& out);
  bool read_payload(const event& e);
  void decide(running& rule, const event& e, action_sink& out);
  void decide_in_time(running& rule, const event& e, action_sink& out);
  void take_into_window(running& rule, timestamp at, const evaluation& with, action_sink& out);
  void take_into_pairs(running& rule, timestamp at, const evaluation& with);
  void take_into_match(running& rule, timestamp at, evaluation with, action_sink& out);
  void end_match(running& rule, timestamp at, const match_state::kept_steps& steps, action_sink& out);
  void show_kept(const rule_plan& plan, const match_state::kept_steps& steps);
  void decide_together(running& rule, const window_view& of, action_sink& out);
  void end_pair(running& rule, const pair_state::pair& pair, action_sink& out);
  void hold(running& rule, const event& e, timestamp at, const evaluation& with, action_sink& out);
  void ask_analytics(running& rule, timestamp at, evaluation& with);
  std::string_view key_of(std::span<const node_id> parts, const program& code, const evaluation& with);
  /// As one may be kept: NULL, and counted, where its text is too long.
  value small(value v, const evaluation& with) const;
  [[nodiscard]] std::optional<timestamp> time_of(const running& rule, const evaluation& with) const;
  void move_to(running& rule, timestamp at, action_sink& out);
  void end_window(running& rule, const window_view& window, action_sink& out);
  void end_hold(running& rule, const event& e, action_sink& out);
  [[nodiscard]] evaluation view_of(running& rule, const event& e);
  [[nodiscard]] rule_memory fresh_memory(const rule_plan& plan);
  [[nodiscard]] std::unique_ptr<kept_rows> fresh_rows(const table_plan& plan);
  void encode_tables(byte_writer& to) const;
  [[nodiscard]] std::vector<std::pair<running_table*, std::unique_ptr<kept_rows>>> decode_tables(byte_reader& from);
  void note_deadline(const running& rule);
  [[nodiscard]] running* rule_of(const alarm_view& alarm);
  /// Null where no rule has such an alarm.
  [[nodiscard]] const action_plan* action_of(const alarm_view& alarm);
  /// And the destinations of its action, where that is known.
  static void tell_all(const alarm_action& what, const action_plan* of, action_sink& out);
  void tell_later(const alarm_view& alarm, const alarm_state& state, timestamp at, action_sink& out);
  void end_delays(std::uint8_t lane, timestamp now, action_sink& out);
  void note_alarm_deadline(std::uint8_t lane);
  void take_over(alarm_table alarms, timestamp now, action_sink& out);

  state_budget budget_;  // outlives the windows and tables that use it
  std::vector<running_table> tables_;
  std::vector<running> rules_;
  std::vector<std::uint32_t> timed_;                      // rules whose windows end by the time of arrival
  std::array<std::int64_t, rule_lanes_max> deadlines_{};  // the earliest of theirs; INT64_MAX: none
  std::uint64_t version_ = 0;
  field_tree fields_;
  rule_trie by_topic_;
  rule_trie interlocks_;
  payload_reader reader_;
  json_text json_;
  alarm_table alarms_;
  timestamp now_{};        // when this node's journal took what is decided on
  std::uint8_t lane_ = 0;  // and where it stands
  // Scratch of one event, kept for its memory.
  std::vector<std::uint32_t> matching_;
  std::vector<value> values_;
  std::vector<value> keys_;
  std::vector<value> arguments_;
  std::vector<value> analytics_;
  std::vector<value> joined_;
  byte_buffer key_;
  bool untimely_ = false;               // the last error: a message without a time to go by
  bool values_are_of_another_ = false;  // message: one that was held came between
  scratch texts_;                       // what expressions make
  scratch output_;                      // what actions carry
};

}  // namespace perigee::rules::detail
