#pragma once
// Topic aliases of one connection (MQTT5 3.3.2.3.4), one table for each way.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/mqtt/packet.hpp"

namespace perigee::wire::mqtt {

/// What the client's aliases stand for. Owned by a server_connection; grows to what the client sets.
class topic_aliases_in {
 public:
  /// Puts the topic in the alias's place, or remembers what the alias stands for from now on. topic_alias_invalid over
  /// `alias_max` or for zero (MQTT-3.3.2-8), protocol_error where the alias is not set. The topic is valid until the
  /// alias is set again.
  [[nodiscard]] decoded<> resolve(publish& message, std::uint16_t alias_max);

 private:
  std::vector<std::string> topics_;  // by alias - 1; empty: not set
};

/// The aliases that we set at a client. The first topics that come get them and keep them: a device hears few topics,
/// so that all of its are among them, and where topics are many (a page that subscribes to `#`) a table that replaces
/// the least recent would change with every message and send a topic and an alias each time.
class topic_aliases_out {
 public:
  struct choice {
    std::uint16_t alias = 0;  // 0: the topic has none
    bool is_new = false;      // it goes out with its topic this time
  };

  /// As many as the client takes and we keep.
  void set_max(std::uint16_t alias_max) { alias_max_ = alias_max; }
  /// No message changes on its way to this client.
  [[nodiscard]] bool off() const { return alias_max_ == 0; }
  /// The alias for a message on this topic. One that is new is not kept until `keep`.
  [[nodiscard]] choice choose(std::string_view topic) const;
  /// The last choice, a new one, has gone out.
  void keep(std::string_view topic) { topics_.emplace_back(topic); }

 private:
  std::vector<std::string> topics_;  // by alias - 1
  std::uint16_t alias_max_ = 0;
};

}  // namespace perigee::wire::mqtt
