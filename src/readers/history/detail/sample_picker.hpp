#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "model/chunk.hpp"
#include "promql/source.hpp"

namespace perigee::readers::history::detail {

inline constexpr std::int64_t ns_per_ms = 1'000'000;
[[nodiscard]] inline std::int64_t ms_of(timestamp t) {
  return t.ns >= 0 ? t.ns / ns_per_ms : (t.ns - ns_per_ms + 1) / ns_per_ms;
}

/// What a selection wants of one series, whose readings come as store::numbers gives them.
class sample_picker {
 public:
  /// More than `room` samples are not taken.
  sample_picker(const promql::selection& what, std::size_t room) : what_(what), room_(room) {}

  /// Whether a chunk that spans these times has anything to take.
  [[nodiscard]] bool wants(timestamp first, timestamp last) const;
  /// False where there was no room.
  bool take(const model::number_columns& rows);
  [[nodiscard]] bool full() const { return full_; }
  /// By time, and of one time the one that was stored last.
  [[nodiscard]] std::vector<promql::sample> samples() &&;

 private:
  bool keep(const promql::sample& one);
  [[nodiscard]] bool newest_alone() const { return what_.windows && what_.windows->newest_alone; }

  const promql::selection& what_;
  std::size_t room_;
  bool full_ = false;
  promql::sample_windows::span window_;             // of the sample before: the next one is nearly always in it too
  promql::sample* newest_there_ = nullptr;          // in newest_
  std::vector<promql::sample> all_;                 // stored last, first
  std::map<std::uint64_t, promql::sample> newest_;  // by window
};

}  // namespace perigee::readers::history::detail
