#pragma once
// For tests: actions as lines of text.

#include <format>
#include <string>
#include <vector>

#include "rules/action.hpp"

namespace perigee::rules::testing {

/// Writes down every action as it comes.
class recorder : public action_sink {
 public:
  void on_publish(const publish_action& a) override {
    lines.push_back(
        std::format("publish {} qos={}{} {}", a.topic, a.qos, a.retain ? " retain" : "", as_text(a.payload)));
  }
  void on_alarm(const alarm_action& a) override {
    lines.push_back(std::format("alarm {} {} key={} {} since={}", a.name, a.raised ? "raised" : "cleared", a.key,
                                name_of(a.severity), a.since.ns));
    payloads.emplace_back(as_text(a.payload));
  }
  void on_store(const store_action& a) override {
    lines.push_back(std::format("store {} {}", a.topic, as_text(a.payload)));
  }

  std::vector<std::string> lines;
  std::vector<std::string> payloads;  // of alarms
};

}  // namespace perigee::rules::testing
