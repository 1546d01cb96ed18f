#pragma once
// WHERE x > 8 FOR 10 SECONDS: a condition that must hold for a while before it counts.

#include <optional>
#include <string>
#include <string_view>

#include "base/function_ref.hpp"
#include "rules/detail/keyed_list.hpp"
#include "rules/event.hpp"

namespace perigee::rules::detail {

/// Since when the condition of one rule is true, for each key of its PARTITION BY, with the last message of each until
/// it counts. Owned by the engine.
class hold_state {
 public:
  /// The message of which the condition is true long enough, and when it became so.
  using output = function_ref<void(const event&)>;

  hold_state(std::chrono::nanoseconds duration, state_budget& budget) : duration_(duration), held_(budget) {}

  /// True: the condition counts by this message, for the first time since it became true.
  [[nodiscard]] bool is_true(std::string_view key, const event& e, timestamp at);
  void is_false(std::string_view key);
  /// Tells what counts by then without another message, in the order of time and of keys.
  void move_to(timestamp now, output tell);

  [[nodiscard]] timestamp watermark() const { return now_; }
  [[nodiscard]] std::optional<timestamp> deadline() const;
  [[nodiscard]] std::size_t bytes() const { return held_.bytes(); }
  [[nodiscard]] std::size_t keys() const { return held_.size(); }
  [[nodiscard]] std::uint64_t evicted() const { return held_.evicted(); }

  void encode(byte_writer& to) const;
  /// Into a fresh state. Fails the reader on what is none.
  void decode(byte_reader& from);

 private:
  struct entry : keyed_entry {
    timestamp since{};
    bool told = false;
    bool kept = false;  // the last message is here; one that is too large is not
    std::string topic;
    std::string client;
    byte_buffer payload;
    log_offset offset{};
  };
  [[nodiscard]] bool waits(const entry& e) const { return !e.told && e.kept; }
  void keep(entry& e, const event& what);

  std::chrono::nanoseconds duration_;
  keyed_list<entry> held_;
  timestamp now_{INT64_MIN};
  std::int64_t next_ = INT64_MAX;  // not after the next deadline
};

}  // namespace perigee::rules::detail
