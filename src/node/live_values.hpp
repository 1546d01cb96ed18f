#pragma once

#include <list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>

#include "node/units.hpp"
#include "readers/history/store.hpp"

namespace perigee::node {

/// Where every series of this node and those below it stands: the newest value, and how often one comes. Bounded by the
/// history's own limits::history_series_max. Owned by the node, on its shard; fed by the history once readings are
/// stored, so that nothing is shown that a crash could undo.
class live_values {
 public:
  struct entry {
    std::shared_ptr<const readers::history::series_names> of;
    readers::history::series_id id;
    timestamp time;
    model::value value;
    model::quality quality = model::quality::good;
    std::string_view unit{};                      // empty: not known
    std::shared_ptr<const std::string> source{};  // who sent it; null: nothing came since the start
    std::uint64_t version = 0;                    // of the last change
    nanoseconds interval{};                       // the usual time between two readings; 0: not known yet
    std::uint64_t fresh = 0;                      // readings since the last tick
    double per_s = 0;

    /// Older than ten seconds, and than five times its usual interval.
    [[nodiscard]] bool is_stale(timestamp now) const;
  };
  /// Which series; absent ones are all.
  struct filter {
    std::optional<std::string_view> node{};
    std::optional<std::string_view> device{};
    std::optional<std::string_view> metric{};

    [[nodiscard]] bool fits(const readers::history::series_names& of) const;
  };

  explicit live_values(units of = {}) : units_(std::move(of)) {}
  live_values(const live_values&) = delete;
  live_values& operator=(const live_values&) = delete;

  void take(std::span<readers::history::newest_value> all);
  /// Once a second: counts rates.
  void tick();

  /// In the order of node, device and metric.
  void for_each(const filter& which, function_ref<bool(const entry&)> visit) const;
  /// Null where there is none.
  [[nodiscard]] const entry* find(std::string_view node, std::string_view device, std::string_view metric) const;
  /// What changed after `version`, the newest first.
  void for_each_since(std::uint64_t version, const filter& which, function_ref<void(const entry&)> visit) const;
  [[nodiscard]] std::uint64_t version() const { return version_; }
  [[nodiscard]] std::size_t size() const { return by_id_.size(); }

 private:
  using key = std::tuple<std::string_view, std::string_view, std::string_view>;

  entry& at(const readers::history::newest_value& one);

  units units_;
  std::list<entry> by_change_;  // the newest change first
  std::unordered_map<std::int64_t, std::list<entry>::iterator> by_id_;
  std::map<key, std::list<entry>::iterator> by_name_;  // views of what the entries share
  std::uint64_t version_ = 0;
};

}  // namespace perigee::node
