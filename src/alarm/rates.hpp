#pragma once
// How many alarms an operator is told of: the figures of ISA-18.2 clause 16 and EEMUA 191.

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "base/time.hpp"

namespace perigee::alarm {

/// A flood begins with more than ten annunciated alarms in ten minutes and is over with less than five.
inline constexpr std::uint32_t flood_begins_above = 10;
inline constexpr std::uint32_t flood_ends_below = 5;
/// So many annunciations of one alarm in a minute are chattering.
inline constexpr std::size_t chattering_from = 3;
/// An alarm that stands for longer is stale.
inline constexpr auto stale_after = std::chrono::hours(24);

/// Counts the annunciations of a board: of all alarms over ten minutes, and of each over a day. By the time at which
/// this node heard of them, which is when its operator does. Starts anew with the node. Bounded by the alarms that are
/// listed. No IO; owned by the board.
class rates {
 public:
  void note(std::uint64_t alarm, timestamp at);
  void forget(std::uint64_t alarm) { by_alarm_.erase(alarm); }
  /// Time goes on.
  void advance(timestamp now);

  [[nodiscard]] std::uint32_t last_ten_minutes() const { return in_window_; }
  /// The most in any ten minutes of the clock in the last 24 hours.
  [[nodiscard]] std::uint32_t peak() const;
  [[nodiscard]] std::uint64_t last_day() const;
  [[nodiscard]] bool is_flood() const { return flood_since_ != timestamp{}; }
  [[nodiscard]] timestamp flood_since() const { return flood_since_; }
  [[nodiscard]] bool is_chattering(std::uint64_t alarm) const;
  [[nodiscard]] std::vector<std::uint64_t> chattering() const;

  struct bad_actor {
    std::uint64_t alarm = 0;
    std::uint32_t annunciations = 0;  // in the last 24 hours

    auto operator<=>(const bad_actor&) const = default;
  };
  /// Those that were told most often in the last 24 hours, the worst first.
  [[nodiscard]] std::vector<bad_actor> worst(std::size_t most) const;

 private:
  static constexpr std::size_t hours = 24;
  static constexpr std::size_t ten_minutes_of_a_day = 144;
  struct slice {
    std::int64_t number = 0;  // of ten seconds, since 1970
    std::uint32_t count = 0;
  };
  /// Counts by a period's number, with room for the newest.
  template <std::size_t n>
  struct ring {
    std::array<std::uint32_t, n> counts{};
    std::int64_t newest = 0;

    void move_to(std::int64_t number);
    [[nodiscard]] std::uint64_t sum() const;
  };
  struct one {
    ring<hours> by_hour;
    std::array<timestamp, chattering_from> last{};  // the oldest first
  };
  void judge();

  timestamp now_{};
  std::deque<slice> window_;  // at most 60
  std::uint32_t in_window_ = 0;
  timestamp flood_since_{};
  ring<ten_minutes_of_a_day> day_;
  std::map<std::uint64_t, one> by_alarm_;
};

}  // namespace perigee::alarm
