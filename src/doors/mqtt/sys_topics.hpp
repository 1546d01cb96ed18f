#pragma once

#include <array>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "doors/mqtt/broker_view.hpp"

namespace perigee::doors::mqtt {

/// Whether a filter is for `$SYS` topics: the broker's own, which every client may read and none may publish.
[[nodiscard]] bool is_sys_filter(std::string_view filter);

struct sys_options {
  std::string version;                              // what `$SYS/broker/version` says
  nanoseconds interval = std::chrono::seconds(10);  // over 0
  std::function<std::size_t()> heap_bytes{};        // allocated now; without it there are no heap topics
};

/// The broker's state as topics, as Mosquitto names them (mosquitto(8), "BROKER STATUS"; docs/mqtt.md lists them):
/// retained, sent again when they change, never stored in the journal. Only filters that begin with `$SYS` get them
/// (MQTT5 4.7.2). No IO: the node calls on_tick. Owned by the node, on the broker's shard; ends before the broker.
class sys_topics {
 public:
  sys_topics(broker& of, sys_options options, moment started);

  /// Publishes where the interval has passed since it last did; at once the first time.
  void on_tick(moment now);

 private:
  /// What happens in a minute, smoothed over 1, 5 and 15.
  struct load {
    std::uint64_t counted = 0;
    std::array<double, 3> per_minute{};
  };

  void publish_totals(const broker_totals& t, moment now);
  void publish_loads(const broker_totals& t, moment now);
  void publish_heap(moment now);
  void update(std::string_view topic, std::uint64_t counted, nanoseconds passed, moment now);
  void say(std::string_view topic, std::string text, moment now);
  void say(std::string_view topic, std::uint64_t number, moment now) { say(topic, std::to_string(number), now); }

  broker& broker_;
  broker_view view_;
  sys_options options_;
  moment started_;
  moment told_{};  // when it last published
  bool is_first_ = true;
  std::size_t heap_max_ = 0;
  std::map<std::string, std::string, std::less<>> said_;  // by topic
  std::map<std::string, load, std::less<>> loads_;        // by topic
};

}  // namespace perigee::doors::mqtt
