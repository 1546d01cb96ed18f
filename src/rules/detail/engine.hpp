#pragma once
// What rule_set is made of.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rules/detail/alarm_table.hpp"
#include "rules/detail/payload_reader.hpp"
#include "rules/detail/rule_plan.hpp"
#include "wire/mqtt/topic_trie.hpp"

namespace perigee::rules::detail {

/// Dispatches an event to the rules of its topic and carries out what they decide. Owned by its rule_set.
class engine {
 public:
  engine(std::vector<rule_plan> rules, field_tree fields);

  void apply(const event& e, action_sink& out);

  [[nodiscard]] bool wants(std::string_view topic) const;
  [[nodiscard]] std::size_t size() const { return rules_.size(); }
  [[nodiscard]] rule_stats stats(std::size_t rule) const;
  [[nodiscard]] const alarm_table& alarms() const { return alarms_; }
  void restore(alarm_table alarms, timestamp now, action_sink& out);

 private:
  struct running {
    rule_plan plan;
    rule_stats stats;
    std::string failed_topic{};  // what stats.last_error shows
  };
  static void note_failure(running& rule, const event& e, std::string_view what);
  /// One event under one rule.
  class decision;

  void find_rules(std::string_view topic);
  bool read_payload(const event& e);
  [[nodiscard]] bool holds(const alarm_view& alarm) const;

  std::vector<running> rules_;
  field_tree fields_;
  wire::mqtt::topic_trie<std::uint32_t> by_topic_;
  payload_reader reader_;
  json_text json_;
  alarm_table alarms_;
  // Scratch of one event, kept for its memory.
  std::vector<std::uint32_t> matching_;
  std::vector<value> values_;
  scratch texts_;   // what expressions make
  scratch output_;  // what actions carry
};

}  // namespace perigee::rules::detail
