#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "promql/fault.hpp"
#include "promql/labels.hpp"
#include "promql/matcher.hpp"

namespace perigee::promql {

/// A number at a time, in milliseconds since the epoch.
struct sample {
  std::int64_t time_ms = 0;
  double value = 0;

  bool operator==(const sample&) const = default;
};

/// Samples ascend in time, no two at the same.
struct series {
  promql::labels labels;
  std::vector<sample> samples;
};

/// The samples that an evaluation looks at: of each instant from first_ms to last_ms by step_ms those with
/// instant - length_ms < time <= instant, and where `newest_alone` just the newest of them.
struct sample_windows {
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;  // first_ms <= last_ms
  std::int64_t step_ms = 1;
  std::int64_t length_ms = 1;
  bool newest_alone = false;

  /// Counted from 0: the first window that a sample of that time is in. The newest one of each of these is all that
  /// `newest_alone` needs, though windows overlap.
  [[nodiscard]] std::optional<std::uint64_t> first_with(std::int64_t time_ms) const;
  /// from_ms <= time <= to_ms.
  struct span {
    std::int64_t from_ms = 1;
    std::int64_t to_ms = 0;
    [[nodiscard]] bool has(std::int64_t time_ms) const { return from_ms <= time_ms && time_ms <= to_ms; }
  };
  /// All times whose first window is the one of that number.
  [[nodiscard]] span first_in(std::uint64_t number) const;
  /// Whether a sample with from_ms <= time <= to_ms may be in any.
  [[nodiscard]] bool touch(std::int64_t from_ms, std::int64_t to_ms) const;

 private:
  struct instant {
    std::uint64_t number;
    std::uint64_t ahead_ms;
  };
  /// The first that is not before the time.
  [[nodiscard]] std::optional<instant> instant_after(std::int64_t time_ms) const;
};

/// What a selector asks for: samples with after_ms < time <= until_ms of the series that all matchers accept.
struct selection {
  std::span<const matcher> matchers;
  std::int64_t after_ms = 0;
  std::int64_t until_ms = 0;
  std::size_t samples_max = 0;              // more of all series together is a fault of kind execution
  std::optional<sample_windows> windows{};  // where given, samples outside of them may be left out
};

/// What a query needs of its surroundings: where samples come from, and whether there is time left.
class source {
 public:
  virtual ~source() = default;
  /// No two with the same labels; one without samples may be left out.
  [[nodiscard]] virtual outcome<std::vector<series>> select(const selection& what) = 0;
  /// Asked every now and then; true ends the query with a timeout.
  [[nodiscard]] virtual bool out_of_time() = 0;
};

/// A source that can say which series there are. `list` ignores `samples_max`.
class catalog : public source {
 public:
  /// The labels of each series that may have samples then.
  [[nodiscard]] virtual outcome<std::vector<labels>> list(const selection& what) = 0;
};

}  // namespace perigee::promql
