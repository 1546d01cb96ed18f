#pragma once

#include <cstdint>
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

/// What a selector asks for: samples with after_ms < time <= until_ms of the series that all matchers accept.
struct selection {
  std::span<const matcher> matchers;
  std::int64_t after_ms = 0;
  std::int64_t until_ms = 0;
  std::size_t samples_max = 0;  // more of all series together is a fault of kind execution
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
