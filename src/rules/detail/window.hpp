#pragma once
// What a rule with a window remembers between messages.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/function_ref.hpp"
#include "rules/detail/keyed_list.hpp"
#include "rules/detail/pane_queue.hpp"

namespace perigee::rules::detail {

enum class window_kind : std::uint8_t { tumbling, hopping, sliding, session, count };

/// As the rule writes it.
struct window_spec {
  window_kind kind = window_kind::tumbling;
  std::chrono::nanoseconds size{};     // of a session: at most
  std::chrono::nanoseconds hop{};      // tumbling: the size
  std::chrono::nanoseconds timeout{};  // session: without a message
  std::uint32_t count = 0;             // count: messages of a window
  std::uint32_t every = 0;             // count: messages from one window to the next

  bool operator==(const window_spec&) const = default;
};

/// A window that ends, as expressions see it. Views of one call.
struct window_view {
  timestamp start{};
  timestamp end{};
  std::span<const value> keys;        // by their place in GROUP BY
  std::span<const value> aggregates;  // by their place in the program
};

/// The windows of one rule. Owned by the engine. Time comes with the messages and through `move_to`; it never goes
/// back. In equal order equal input gives equal output, in any number of pieces with encode and decode between.
class window_state {
 public:
  using output = function_ref<void(const window_view&)>;
  struct aggregate {
    aggregate_kind kind = aggregate_kind::count;
    double parameter = 0;
  };
  struct message {
    timestamp at{};
    std::span<const value> keys;
    std::span<const value> arguments;  // NULL: nothing to add
  };
  enum class outcome : std::uint8_t { taken, passed_over };  // passed over: an aggregate had no use for a value

  window_state(window_spec spec, std::vector<aggregate> aggregates, state_budget& budget);

  /// Ends the windows that end by then, in the order of their ends and, of one end, of their keys.
  void move_to(timestamp watermark, output tell);
  /// Whether a window that this belongs to has ended: then it is not to be taken.
  [[nodiscard]] bool is_late(timestamp at) const;
  /// After `move_to` and not late. A sliding and a count window may end by it.
  outcome take(const message& m, output tell);

  [[nodiscard]] timestamp watermark() const { return watermark_; }
  /// When the next window ends; nothing where none is open.
  [[nodiscard]] std::optional<timestamp> deadline() const;
  [[nodiscard]] std::size_t groups() const { return groups_.size(); }
  [[nodiscard]] std::size_t bytes() const { return groups_.bytes(); }
  /// Groups that were forgotten for want of room.
  [[nodiscard]] std::uint64_t evicted() const { return groups_.evicted(); }

  void encode(byte_writer& to) const;
  /// Into a fresh state. Fails the reader on what is none.
  void decode(byte_reader& from);

 private:
  struct open_pane {
    std::int64_t index = 0;
    partial parts;
  };
  struct group : keyed_entry {    // by the encoded keys
    std::vector<open_pane> open;  // by index; session and count windows have one
    pane_queue sealed;
    timestamp first{};           // session: its first message
    timestamp last{};            // its last message
    std::uint64_t messages = 0;  // count
  };

  group& group_of(std::span<const value> keys);
  void recharge(group& g);
  [[nodiscard]] partial fresh() const;

  outcome add(group& g, partial& to, const message& m);
  partial& pane_at(group& g, std::int64_t index);
  void tell_window(const group& g, const partial& of, timestamp start, timestamp end, output tell);

  void move_hopping(output tell);
  std::optional<std::int64_t> end_hopping(std::int64_t end, output tell);
  void move_sessions(output tell);
  void forget_silent();
  [[nodiscard]] timestamp session_end(const group& g) const;

  void take_sliding(group& g, const message& m, output tell);
  void take_count(group& g, const message& m, output tell);
  void decode_group(byte_reader& from);

  window_spec spec_;
  std::vector<aggregate> aggregates_;
  std::vector<aggregate_kind> kinds_;
  std::int64_t pane_ns_ = 0;
  timestamp watermark_{INT64_MIN};
  std::int64_t next_end_ = INT64_MAX;  // hopping: of a window that holds something; session: not after the next end
  keyed_list<group> groups_;
  // Scratch, kept for its memory.
  byte_buffer key_;
  std::vector<value> key_values_;
  std::vector<value> results_;
};

/// The part of time that windows of this kind are put together of.
[[nodiscard]] std::chrono::nanoseconds pane_of(const window_spec& spec);

}  // namespace perigee::rules::detail
