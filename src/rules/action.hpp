#pragma once
// What comes out of the rule engine. Views are valid for the length of the call that hands them over.

#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace perigee::rules {

enum class severity : std::uint8_t { info = 0, warning = 1, critical = 2 };
[[nodiscard]] std::string_view name_of(severity s);

/// Send to the subscribers of a topic, a device's command topic among them.
struct publish_action {
  std::string_view rule;
  std::string_view topic;
  byte_view payload;  // the selected columns as one JSON object, or the action's own `payload`
  std::uint8_t qos = 0;
  bool retain = false;
};

/// An alarm changed its state: told once when it is raised and once when it is cleared, never in between.
struct alarm_action {
  std::string_view rule;
  std::string_view name;
  std::string_view key;  // which machine, line, ...; empty for an alarm without a key
  rules::severity severity = severity::warning;
  bool raised = false;     // false: cleared
  timestamp at{};          // arrival of the event that changed it
  timestamp since{};       // when it was raised
  std::string_view topic;  // of that event; empty where the rule itself went away
  byte_view payload;       // {"alarm":..,"key":..,"severity":..,"state":"raised","ts":µs,"since":µs,"values":{columns}}
};

/// Append a derived record to the journal.
struct store_action {
  std::string_view rule;
  std::string_view topic;
  byte_view payload;
};

/// Takes the actions in the order in which the rules decided them. Owned by the caller of `rule_set::apply`.
class action_sink {
 public:
  virtual ~action_sink() = default;
  virtual void on_publish(const publish_action& action) = 0;
  virtual void on_alarm(const alarm_action& action) = 0;
  virtual void on_store(const store_action& action) = 0;
};

}  // namespace perigee::rules
