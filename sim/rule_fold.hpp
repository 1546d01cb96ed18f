#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/record_batch.hpp"
#include "rules/rule_set.hpp"

namespace perigee::sim {

/// The rules that nodes of the simulation run: a command, an alarm with a state, and what remembers: a window, a
/// condition that is held, a message before.
[[nodiscard]] rules::rule_set the_rules();

/// What rules would have put out had nothing ever been interrupted: one engine, fed each message of one node's bulk
/// lane once, in order. And what the node's journal has of it, to compare.
class rule_fold final : private rules::action_sink {
 public:
  explicit rule_fold(std::string node) : node_(std::move(node)), set_(the_rules()) {}

  /// A record of the bulk lane, as it was committed.
  void take_input(log_offset at, const model::record_view& r);
  /// A record of any lane that a rule put out.
  void take_output(const model::record_view& r);

  /// What is wrong; empty when the outputs are those of an uninterrupted run, each once.
  [[nodiscard]] std::string difference() const;
  [[nodiscard]] std::size_t outputs() const { return expected_.size(); }

 private:
  void on_publish(const rules::publish_action& action) override;
  void on_alarm(const rules::alarm_action& action) override;
  void on_store(const rules::store_action& action) override;

  std::string node_;
  rules::rule_set set_;
  model::batch_opener opener_;
  std::vector<std::string> expected_;
  std::map<std::uint64_t, std::string> seen_;  // by the output's sequence
  std::uint64_t doubled_ = 0;
};

}  // namespace perigee::sim
