#pragma once
// Actions as values that can be kept and compared: what a rule's test expects, and what came.

#include <optional>
#include <string>
#include <vector>

#include "rules/action.hpp"

namespace perigee::rules::detail {

/// An action; as an expectation, what is left out may be anything.
struct expectation {
  enum class kind { publish, alarm, store };

  expectation::kind what = kind::publish;
  std::string target;                  // topic, or the alarm's name
  std::optional<std::string> payload;  // not for alarms
  std::optional<std::string> key;
  std::optional<bool> raised;
};

[[nodiscard]] bool matches(const expectation& wanted, const expectation& came);
/// "publish cmd/north {"speed":0.5}"
[[nodiscard]] std::string described(const expectation& e);

/// Keeps what a rule set does. Owned by the run of one test.
class action_log : public action_sink {
 public:
  void on_publish(const publish_action& action) override;
  void on_alarm(const alarm_action& action) override;
  void on_store(const store_action& action) override;

  std::vector<expectation> actions;
};

}  // namespace perigee::rules::detail
