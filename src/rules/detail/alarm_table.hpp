#pragma once
// Which alarms are raised, which wait for their delays, and their form at rest: docs/formats/alarms.md.

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/function_ref.hpp"
#include "rules/action.hpp"
#include "rules/event.hpp"

namespace perigee::rules::detail {

struct alarm_view {
  std::string_view rule;
  std::string_view name;
  std::string_view key;

  auto operator<=>(const alarm_view&) const = default;
};

enum class alarm_phase : std::uint8_t {
  raised,   // told
  waiting,  // its condition is true, for its on-delay or less: not told yet
  ending,   // raised, and its condition is false for its off-delay or less
};

struct alarm_state {
  timestamp since{};
  rules::severity severity = severity::warning;
  alarm_phase phase = alarm_phase::raised;
  std::int64_t due = 0;   // ns since 1970; when it goes on of itself, where it is not raised
  std::uint8_t lane = 0;  // whose time that is
  std::string values{};   // the columns, to be told then
};

/// Owned by the engine. Ordered, so that equal alarms give equal bytes. Allocates when an alarm is raised, not when one
/// is asked about.
class alarm_table {
 public:
  struct key {
    std::string rule;
    std::string name;
    std::string key;

    [[nodiscard]] alarm_view view() const { return {rule, name, key}; }
  };
  /// One that is due.
  class due_alarm {
   public:
    [[nodiscard]] const alarm_table::key& owned() const { return *key_; }
    [[nodiscard]] const alarm_state& state() const { return *state_; }

   private:
    friend class alarm_table;
    const alarm_table::key* key_ = nullptr;
    const alarm_state* state_ = nullptr;
  };

  alarm_table() = default;
  alarm_table(alarm_table&&) = default;
  alarm_table& operator=(alarm_table&&) = default;

  [[nodiscard]] bool empty() const { return all_.empty(); }
  /// Those that were told.
  [[nodiscard]] std::size_t raised() const { return all_.size() - waiting_; }
  [[nodiscard]] std::uint64_t version() const { return version_; }
  /// Valid until the alarm is changed.
  [[nodiscard]] const alarm_state* find(const alarm_view& alarm) const;

  /// False at limits::alarms_max. The alarm is not there yet.
  bool raise(const alarm_view& alarm, alarm_state state);
  /// The alarm is there.
  void change(const alarm_view& alarm, alarm_state state);
  void clear(const alarm_view& alarm);

  /// The first of this lane that goes on of itself by now, null where there is none. Valid until the next call.
  [[nodiscard]] const due_alarm* next_due(std::uint8_t lane, timestamp now);
  [[nodiscard]] std::optional<timestamp> deadline(std::uint8_t lane) const;

  void encode(byte_buffer& out) const;
  /// Reads a whole snapshot or changes nothing.
  [[nodiscard]] static result<alarm_table> decode(byte_view in);
  void for_each(function_ref<void(const alarm_view&, const alarm_state&)> visit) const;

 private:
  struct by_view {
    using is_transparent = void;
    static const alarm_view& view(const alarm_view& a) { return a; }
    static alarm_view view(const key& a) { return a.view(); }
    bool operator()(const auto& a, const auto& b) const { return view(a) < view(b); }
  };
  using deadline_of = std::pair<std::int64_t, alarm_view>;  // the view is of a key in all_

  void wait(const key& of, const alarm_state& state);
  void wait_no_more(const key& of, const alarm_state& state);

  std::map<key, alarm_state, by_view> all_;
  std::array<std::set<deadline_of>, rule_lanes_max> deadlines_;
  std::size_t waiting_ = 0;
  due_alarm due_;
  std::uint64_t version_ = 0;
};

}  // namespace perigee::rules::detail
