#pragma once
// Functions that remember: lag, changed, deadband and the like. Each is asked once with every message, before WHERE, so
// that what a rule lets through does not change what it remembers.

#include <deque>
#include <span>
#include <string_view>

#include "base/time.hpp"
#include "rules/detail/kept_value.hpp"
#include "rules/detail/keyed_list.hpp"

namespace perigee::rules::detail {

enum class analytic_kind : std::uint8_t { lag, latest, changed, had_changed, changed_col, deadband, swinging_door };

struct analytic_function {
  std::string_view name;
  std::string_view usage;
  std::string_view summary;
  analytic_kind kind = analytic_kind::lag;
  std::uint8_t arguments_min = 1;
  std::uint8_t arguments_max = 1;
  value_type result = value_type::any;
};

[[nodiscard]] std::span<const analytic_function> analytic_functions();
[[nodiscard]] const analytic_function* find_analytic(std::string_view name);

/// What one call of such a function in one rule remembers, for each key of its PARTITION BY. Owned by the engine. Its
/// arguments are bounded by limits::rule_kept_text_bytes_max.
class analytic_state {
 public:
  struct message {
    timestamp at{};
    std::string_view key;
    std::span<const value> arguments;
    bool counts = true;  // OVER (WHEN ...): false leaves everything as it is, and asks only
  };

  analytic_state(analytic_kind kind, std::size_t depth, state_budget& budget)
      : kind_(kind), depth_(depth), kept_(budget) {}

  /// Texts of what it gives live until the next call.
  [[nodiscard]] value take(const message& m);

  [[nodiscard]] std::size_t bytes() const { return kept_.bytes(); }
  [[nodiscard]] std::size_t keys() const { return kept_.size(); }
  [[nodiscard]] std::uint64_t evicted() const { return kept_.evicted(); }

  void encode(byte_writer& to) const;
  /// Into a fresh state. Fails the reader on what is none.
  void decode(byte_reader& from);

 private:
  /// Bristol's swinging door: the lines from the last corner that pass every value since within the deviation.
  struct door {
    timestamp corner_at{};
    timestamp last_at{};
    double corner = 0;
    double last = 0;
    double slope_min = 0;
    double slope_max = 0;
  };
  struct entry : keyed_entry {
    std::deque<kept_value> values;  // lag: the newest last; others: one for each argument that is watched
    std::uint64_t messages = 0;
    value outcome{};  // of the last message that counted, but for texts
    door swing;
  };

  value lagged(entry& e, const message& m);
  value latest(entry& e, const message& m);
  value changes(entry& e, const message& m);
  value beyond_band(entry& e, const message& m);
  value swings(entry& e, const message& m);
  value answer(entry& e, const message& m);
  void recharge(entry& e);

  analytic_kind kind_;
  std::size_t depth_;  // lag: how many messages back
  keyed_list<entry> kept_;
  kept_value result_;
};

}  // namespace perigee::rules::detail
