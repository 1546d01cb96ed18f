#pragma once
// MATCH a AS (x) THEN b AS (y) THEN NOT (z) WITHIN 10 SECONDS: how far each sequence of messages has come.

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/function_ref.hpp"
#include "base/time.hpp"
#include "rules/detail/kept_value.hpp"
#include "rules/detail/keyed_list.hpp"

namespace perigee::rules::detail {

/// The sequences of one rule that have begun, by the key of its PARTITION BY. Owned by the engine. Time comes with the
/// messages and through `move_to`; it never goes back.
class match_state {
 public:
  struct shape {
    std::vector<bool> negated;         // of each step; the first is not, and no two that follow each other are
    std::vector<std::size_t> columns;  // that are kept of the message of each step; of a negated one none
    std::chrono::nanoseconds within{};
  };
  /// What was kept of the steps so far, in their order; nothing of a negated one.
  using kept_steps = std::vector<std::vector<kept_value>>;
  /// Whether the message that is taken is one of the step.
  using condition = function_ref<bool(std::size_t step, const kept_steps& before)>;
  using keeper = function_ref<std::vector<kept_value>(std::size_t step)>;
  using output = function_ref<void(timestamp at, const kept_steps&)>;

  match_state(shape of, state_budget& budget) : shape_(std::move(of)), begun_(budget) {}

  /// Tells the sequences that end with NOT and whose time is over, by that time and then by key.
  void move_to(timestamp now, output tell);
  /// After `move_to`. What began first goes first; when one is complete, what has begun for its key is forgotten.
  void take(std::string_view key, timestamp at, condition is, keeper keep, output tell);

  [[nodiscard]] timestamp watermark() const { return now_; }
  [[nodiscard]] std::optional<timestamp> deadline() const;
  [[nodiscard]] std::size_t keys() const { return begun_.size(); }
  [[nodiscard]] std::size_t bytes() const { return begun_.bytes(); }
  [[nodiscard]] std::uint64_t evicted() const { return begun_.evicted(); }

  void encode(byte_writer& to) const;
  /// Into a fresh state. Fails the reader on what is none.
  void decode(byte_reader& from);

 private:
  struct sequence {
    timestamp first{};
    kept_steps kept{};  // as long as it has come, negated steps that are being watched not counted
  };
  struct entry : keyed_entry {
    std::vector<sequence> begun;  // by their first messages
  };

  [[nodiscard]] timestamp end_of(const sequence& s) const { return s.first + shape_.within; }
  /// Everything has come but for the time in which the last step's message must not.
  [[nodiscard]] bool waits(const sequence& s) const {
    return shape_.negated.back() && s.kept.size() + 1 == shape_.negated.size();
  }
  enum class progress : std::uint8_t { none, over, complete };
  progress advance(sequence& s, condition is, keeper keep);
  void note(const entry& e);
  void settle(entry& e);

  shape shape_;
  keyed_list<entry> begun_;
  timestamp now_{INT64_MIN};
  std::int64_t next_ = INT64_MAX;  // not after the next deadline
};

}  // namespace perigee::rules::detail
