#pragma once

#include <string>
#include <vector>

#include "doors/mqtt/broker.hpp"
#include "io/turn_end.hpp"
#include "journal/journal.hpp"
#include "readers/rules/rules_reader.hpp"

namespace perigee::node {

/// Where interlocks put down what they did: docs/rules.md.
inline constexpr std::string_view interlock_topic = "$perigee/interlock";

/// Lets rules that are interlocks decide on each message as it arrives, before it is durable, and sends what they
/// decide at the end of the shard's turn: straight to subscribers with QoS 0, and as a record into the journal. Owned
/// by the node, on the journal's shard; the journal outlives it and must not be appended to any more when it is gone.
class interlocks final : private rules::action_sink {
 public:
  interlocks(io::shard& on, journal::journal& log, readers::rules::rules_reader& deciding, doors::mqtt::broker& to,
             metrics::registry& metrics);

 private:
  struct command {
    std::string rule;
    std::string topic;
    byte_buffer payload;
    timestamp at{};
  };

  void on_publish(const rules::publish_action& action) override;
  void on_alarm(const rules::alarm_action&) override {}
  void on_store(const rules::store_action&) override {}
  void send();
  void put_down(const command& what);

  journal::journal& log_;
  readers::rules::rules_reader& deciding_;
  doors::mqtt::broker& broker_;
  std::vector<command> waiting_;  // of one turn; at most limits::interlock_commands_max
  timestamp now_{};
  metrics::counter& sent_;
  metrics::counter& dropped_;
  io::turn_end turn_;
};

}  // namespace perigee::node
