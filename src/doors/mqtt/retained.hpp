#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/bytes.hpp"
#include "base/function_ref.hpp"
#include "base/time.hpp"
#include "doors/mqtt/ports.hpp"

namespace perigee::doors::mqtt {

struct journal_place {
  model::lane lane = model::lane::bulk;
  place at{};
};

/// The last message of a topic that was published with RETAIN (MQTT5 3.3.1.3). Views into the store, or of whoever puts
/// it there.
struct retained_message {
  byte_view payload{};
  byte_view properties{};
  wire::mqtt::qos qos = wire::mqtt::qos::at_most_once;
  timestamp arrival{};
  std::optional<journal_place> stored{};  // none: published by the node itself, not kept over a restart
};

/// Retained messages by topic, in order, so that a filter starts at its literal prefix and a walk can go on where it
/// stopped. Bounded by count and bytes: a million of them is what a broker may have, so each is one piece of memory.
/// Owned by the broker.
class retained_store {
 public:
  /// Copies and replaces; an empty payload removes (MQTT-3.3.1-6). False where the store is full.
  [[nodiscard]] bool put(std::string_view topic, const retained_message& message);
  /// As `put`, of what is saved already: the change is not noted.
  [[nodiscard]] bool put_saved(std::string_view topic, const retained_message& message);
  void remove(std::string_view topic);
  /// Valid until the topic changes.
  [[nodiscard]] std::optional<retained_message> find(std::string_view topic) const;
  void clear();

  /// Visits what the filter covers, behind `after` in order (all where that is absent), until `visit` says false. True
  /// when it came to the end.
  using visitor = function_ref<bool(std::string_view topic, const retained_message& message)>;
  bool walk(std::string_view filter, const std::optional<std::string>& after, visitor visit) const;

  [[nodiscard]] std::size_t size() const { return messages_.size(); }
  /// Of topics, payloads and properties.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  /// From now on it notes which topics change.
  void note_changes() { notes_changes_ = true; }
  /// Topics that were put or removed since the last call.
  [[nodiscard]] std::unordered_set<std::string> take_changed() { return std::exchange(changed_, {}); }

 private:
  struct header;
  using packed = std::unique_ptr<std::uint8_t[]>;  // a header, then topic, payload and properties
  struct by_topic {
    using is_transparent = void;
    bool operator()(const packed& a, const packed& b) const { return topic_of(a) < topic_of(b); }
    bool operator()(const packed& a, std::string_view b) const { return topic_of(a) < b; }
    bool operator()(std::string_view a, const packed& b) const { return a < topic_of(b); }
  };

  [[nodiscard]] static header header_of(const packed& p);
  [[nodiscard]] static std::string_view topic_of(const packed& p);
  [[nodiscard]] static retained_message message_of(const packed& p);
  [[nodiscard]] static packed pack(std::string_view topic, const retained_message& m);
  [[nodiscard]] static std::size_t bytes_of(const packed& p);
  void note(std::string_view topic);

  std::set<packed, by_topic> messages_;
  std::size_t bytes_ = 0;
  std::unordered_set<std::string> changed_;
  bool notes_changes_ = false;
};

}  // namespace perigee::doors::mqtt
