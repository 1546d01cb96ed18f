#pragma once
// FROM 'a' AS a JOIN 'b' AS b ON a.x = b.y GROUP BY TUMBLINGWINDOW(ss, 10): what is kept of the messages of both sides
// until their window ends.

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.hpp"
#include "rules/detail/kept_value.hpp"
#include "rules/detail/keyed_list.hpp"
#include "rules/detail/window.hpp"

namespace perigee::rules::detail {

/// The messages of two streams in tumbling or hopping windows. Owned by the engine. Time comes with the messages and
/// through `move_to`; it never goes back. In equal order equal input gives equal output, in any number of pieces with
/// encode and decode between.
class pair_state {
 public:
  enum class side : std::uint8_t { from = 0, join = 1 };
  /// Views of one call. `join` is empty where a LEFT JOIN found none.
  struct pair {
    timestamp start{};
    timestamp end{};
    std::span<const kept_value> from;
    std::span<const kept_value> join;
  };
  using output = function_ref<void(const pair&)>;

  /// `left`: a message of FROM without one to go with is told alone. `columns`: what is kept of each side.
  pair_state(window_spec spec, bool left, std::array<std::size_t, 2> columns, state_budget& budget)
      : spec_(spec), left_(left), columns_(columns), budget_(budget) {}
  ~pair_state() { budget_.used -= bytes_; }
  pair_state(const pair_state&) = delete;
  pair_state& operator=(const pair_state&) = delete;

  /// Tells the pairs of the windows that end by then: by their ends, then as the messages of FROM came, then as those
  /// of JOIN did. At most limits::rule_pairs_max of a window; messages of FROM with which it would be more are left
  /// out, and their pairs counted as forgotten.
  void move_to(timestamp watermark, output tell);
  [[nodiscard]] bool is_late(timestamp at) const;
  /// After `move_to` and not late. Without a key (it was NULL) nothing goes with it.
  void take(side of, timestamp at, std::optional<std::string_view> key, std::span<const value> values);

  [[nodiscard]] timestamp watermark() const { return watermark_; }
  [[nodiscard]] std::optional<timestamp> deadline() const;
  [[nodiscard]] std::size_t rows() const { return rows_[0].size() + rows_[1].size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t evicted() const { return evicted_; }

  void encode(byte_writer& to) const;
  /// Into a fresh state. Fails the reader on what is none.
  void decode(byte_reader& from);

 private:
  struct row {
    timestamp at{};
    std::uint64_t number = 0;  // as they came
    std::optional<std::string> key{};
    std::vector<kept_value> values{};

    [[nodiscard]] std::size_t bytes() const;
  };

  void tell_window(timestamp start, timestamp end, output tell);
  void drop_before(timestamp at);
  void make_room();
  void add(side of, row made);
  void note_end(timestamp at);

  window_spec spec_;
  bool left_;
  std::array<std::size_t, 2> columns_;
  state_budget& budget_;
  std::array<std::deque<row>, 2> rows_;  // by their numbers
  timestamp watermark_{INT64_MIN};
  std::int64_t next_end_ = INT64_MAX;  // not after the next end at which there is something
  std::uint64_t next_number_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t evicted_ = 0;
};

}  // namespace perigee::rules::detail
