#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "wire/mqtt/packet.hpp"

namespace perigee::wire::mqtt {

/// Messages of QoS 1 sent and not yet acknowledged, oldest first, with a `T` each for the sender. It draws packet
/// identifiers in turn, so that finding one is an index. Acknowledgements come in the order of sending (MQTT-4.6.0-2);
/// one that does not come holds the window shut behind it. Part of a session: it outlives a connection. The ring grows
/// to what is used, at most to the power of two at or above `messages_max`. Its identifiers are 1 to `IdCount`.
template <class T, std::size_t IdCount = 65'535>
class send_window {
 public:
  explicit send_window(std::uint16_t messages_max) : messages_max_(messages_max) {}

  [[nodiscard]] bool full() const { return span_ >= messages_max_; }
  [[nodiscard]] bool empty() const { return span_ == 0; }
  /// Messages that wait for their acknowledgement.
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
  [[nodiscard]] std::size_t messages_max() const { return messages_max_; }
  /// The other side's receive maximum, or our own bound where that is lower. Messages already out stay out.
  void set_messages_max(std::uint16_t messages_max) { messages_max_ = messages_max; }

  /// Whether the identifier is taken.
  [[nodiscard]] bool holds(packet_id id) const { return id != 0 && place_of_id(id) < span_; }

  /// What is in flight under the identifier; null where nothing is. Valid until the next call.
  [[nodiscard]] const T* find(packet_id id) const {
    if (!holds(id)) return nullptr;
    const auto& value = ring_[(front_ + place_of_id(id)) & (ring_.size() - 1)];
    return value ? &*value : nullptr;
  }

  /// Takes back what was in flight before a restart, oldest first. False where the identifier is taken, or too far from
  /// the oldest to have been in one window with it.
  [[nodiscard]] bool put(packet_id id, T value) {
    if (span_ == 0) first_id_ = id;
    const auto place = place_of_id(id);
    if (id == 0 || place < span_ || place >= messages_max_) return false;
    for (; span_ <= place; ++span_) {
      if (span_ == ring_.size()) grow();
      at(span_).reset();
    }
    at(place) = std::move(value);
    ++in_flight_;
    return true;
  }

  /// The window must not be full.
  packet_id push(T value) {
    PG_CHECK(!full(), "a message was sent past the window");
    if (span_ == ring_.size()) grow();
    const packet_id id = nth_id(span_);
    at(span_) = std::move(value);
    ++span_;
    ++in_flight_;
    return id;
  }

  [[nodiscard]] T* find(packet_id id) { return const_cast<T*>(std::as_const(*this).find(id)); }

  /// Gives back what was pushed with the identifier; nothing where it is not in flight.
  std::optional<T> acknowledge(packet_id id) {
    const auto place = place_of_id(id);
    if (id == 0 || place >= span_ || !at(place)) return std::nullopt;
    std::optional<T> out = std::exchange(at(place), std::nullopt);
    --in_flight_;
    while (span_ != 0 && !at(0)) drop_front();
    return out;
  }

  /// visit(packet_id, const T&) for each message in flight, oldest first.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t i = 0; i < span_; ++i) {
      if (const auto& value = ring_[(front_ + i) & (ring_.size() - 1)]) visit(nth_id(i), *value);
    }
  }

  /// Forgets everything in flight and gives its memory back. The identifiers go on.
  void clear() { restart(nth_id(span_)); }
  /// The same; the next identifier is this one.
  void restart(packet_id next) {
    first_id_ = next;
    span_ = in_flight_ = front_ = 0;
    ring_ = {};
  }

 private:
  static constexpr std::size_t id_count = IdCount;

  [[nodiscard]] std::size_t place_of_id(packet_id id) const { return (id + id_count - first_id_) % id_count; }
  [[nodiscard]] packet_id nth_id(std::size_t n) const {
    return static_cast<packet_id>((first_id_ - 1 + n) % id_count + 1);
  }
  std::optional<T>& at(std::size_t n) { return ring_[(front_ + n) & (ring_.size() - 1)]; }
  void drop_front() {
    first_id_ = nth_id(1);
    front_ = (front_ + 1) & (ring_.size() - 1);
    --span_;
  }
  void grow() {
    std::vector<std::optional<T>> bigger(std::max<std::size_t>(8, ring_.size() * 2));
    for (std::size_t i = 0; i < span_; ++i) bigger[i] = std::move(at(i));
    ring_ = std::move(bigger);
    front_ = 0;
  }

  std::vector<std::optional<T>> ring_;
  std::size_t front_ = 0;
  std::size_t span_ = 0;  // from the oldest in flight to the newest, acknowledged ones between included
  std::size_t in_flight_ = 0;
  std::size_t messages_max_;
  packet_id first_id_ = 1;  // of the oldest
};

}  // namespace perigee::wire::mqtt
