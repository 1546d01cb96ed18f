#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/function_ref.hpp"
#include "base/time.hpp"
#include "doors/mqtt/ports.hpp"

namespace perigee::doors::mqtt {

struct journal_place {
  model::lane lane = model::lane::bulk;
  place at{};
};

/// The last message of a topic that was published with RETAIN (MQTT5 3.3.1.3).
struct retained_message {
  byte_buffer payload;
  byte_buffer properties;
  wire::mqtt::qos qos = wire::mqtt::qos::at_most_once;
  timestamp arrival{};
  std::optional<journal_place> stored;  // none: published by the node itself, not kept over a restart
};

/// Retained messages by topic, in order, so that a filter starts at its literal prefix and a walk can go on where it
/// stopped. Bounded by count and bytes. Owned by the broker.
class retained_store {
 public:
  /// Replaces; an empty payload removes (MQTT-3.3.1-6). False where the store is full.
  [[nodiscard]] bool put(std::string_view topic, retained_message message);
  void remove(std::string_view topic);

  /// Visits what the filter covers, behind `after` in order (all where that is absent), until `visit` says false. True
  /// when it came to the end.
  using visitor = function_ref<bool(const std::string& topic, const retained_message& message)>;
  bool walk(std::string_view filter, const std::optional<std::string>& after, visitor visit) const;

  [[nodiscard]] std::size_t size() const { return messages_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::map<std::string, retained_message, std::less<>> messages_;
  std::size_t bytes_ = 0;
};

}  // namespace perigee::doors::mqtt
