#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "doors/mqtt/queue_bound.hpp"
#include "journal/message_reader.hpp"

namespace perigee::doors::mqtt::detail {

/// The messages of one lane that wait for a client. They are in the journal; here is how many, and which of them the
/// bound has dropped: with drop_oldest as many as are too many, from the front; with drop_newest all from a place on,
/// until the client has taken what is before it.
class queue {
 public:
  using place = journal::place;

  /// Nobody knows what waits from there on: after a restart, or a change of subscriptions. `count` is to be called with
  /// each message from there to the live ones, then `counted`.
  void count_again(place from) {
    count_from_ = from;
    messages_ = 0;
  }
  /// Where that has come to. Nothing: all is counted.
  [[nodiscard]] const std::optional<place>& count_from() const { return count_from_; }
  void counted_to(place next) { count_from_ = next; }
  void counted() { count_from_.reset(); }

  /// A message at that place waits too. True where one is dropped for it, which was not told before.
  [[nodiscard]] bool add(place at, const queue_bound& bound) {
    if (bound.messages_max == 0 || (messages_ < bound.messages_max && !closed_from_)) {
      ++messages_;
      return false;
    }
    if (bound.when_full == queue_full::drop_newest) {
      if (!closed_from_) closed_from_ = at;
      return true;
    }
    ++messages_;
    const bool is_new = excess(bound) > dropped_;
    dropped_ = std::max(dropped_, excess(bound));
    return is_new;
  }
  /// The first message is one that was dropped.
  [[nodiscard]] bool drops_first(const queue_bound& bound) const {
    return bound.when_full == queue_full::drop_oldest && excess(bound) != 0;
  }
  /// The first message is gone: sent, or dropped.
  void take(const queue_bound& bound) {
    if (messages_ != 0) --messages_;
    dropped_ = std::min(dropped_, excess(bound));
  }
  /// Messages from there on were dropped.
  [[nodiscard]] const std::optional<place>& closed_from() const { return closed_from_; }
  /// Nothing waits any more.
  void clear() { *this = {}; }

  /// Nothing while that is not known.
  [[nodiscard]] std::optional<std::uint64_t> messages(const queue_bound& bound) const {
    if (count_from_) return std::nullopt;
    return messages_ - excess(bound);
  }

 private:
  [[nodiscard]] std::uint64_t excess(const queue_bound& bound) const {
    const bool over = bound.messages_max != 0 && messages_ > bound.messages_max;
    return over ? messages_ - bound.messages_max : 0;
  }

  std::uint64_t messages_ = 0;
  std::uint64_t dropped_ = 0;  // of them, as far as it was told
  std::optional<place> count_from_;
  std::optional<place> closed_from_;
};

}  // namespace perigee::doors::mqtt::detail
