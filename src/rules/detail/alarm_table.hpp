#pragma once
// Which alarms are raised, and their form at rest: docs/formats/alarms.md.

#include <compare>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/function_ref.hpp"
#include "rules/action.hpp"

namespace perigee::rules::detail {

struct alarm_view {
  std::string_view rule;
  std::string_view name;
  std::string_view key;

  auto operator<=>(const alarm_view&) const = default;
};

struct alarm_state {
  timestamp since{};
  rules::severity severity = severity::warning;
};

/// Owned by the engine. Ordered, so that equal alarms give equal bytes. Allocates when an alarm is raised, not when one
/// is asked about.
class alarm_table {
 public:
  [[nodiscard]] bool empty() const { return raised_.empty(); }
  [[nodiscard]] std::size_t size() const { return raised_.size(); }
  [[nodiscard]] std::uint64_t version() const { return version_; }
  [[nodiscard]] const alarm_state* find(const alarm_view& alarm) const;

  /// False at limits::alarms_max. The alarm is not raised yet.
  bool raise(const alarm_view& alarm, alarm_state state);
  void clear(const alarm_view& alarm);

  void encode(byte_buffer& out) const;
  /// Reads a whole snapshot or changes nothing.
  [[nodiscard]] static result<alarm_table> decode(byte_view in);
  void for_each(function_ref<void(const alarm_view&, const alarm_state&)> visit) const;

 private:
  struct entry {
    std::string rule;
    std::string name;
    std::string key;

    [[nodiscard]] alarm_view view() const { return {rule, name, key}; }
  };
  struct by_view {
    using is_transparent = void;
    static const alarm_view& view(const alarm_view& a) { return a; }
    static alarm_view view(const entry& a) { return a.view(); }
    bool operator()(const auto& a, const auto& b) const { return view(a) < view(b); }
  };

  std::map<entry, alarm_state, by_view> raised_;
  std::uint64_t version_ = 0;
};

}  // namespace perigee::rules::detail
