#pragma once
// Aggregates: what count, sum, avg and the others keep of many values, so that parts of a window can be put together.

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "rules/detail/kept_value.hpp"
#include "rules/detail/t_digest.hpp"

namespace perigee::rules::detail {

enum class aggregate_kind : std::uint8_t {
  count,
  count_distinct,
  sum,
  avg,
  min,
  max,
  variance,  // of the population
  sample_variance,
  stddev,
  sample_stddev,
  first,
  last,
  delta,
  rate,
  twa,
  percentile
};

struct aggregate_function {
  std::string_view name;
  std::string_view usage;
  std::string_view summary;
  aggregate_kind kind = aggregate_kind::count;
  std::uint8_t arguments = 1;  // two: the second is a constant number
  value_type parameter = value_type::number;
  double constant = 0;  // in place of the second argument, where the name says it
};

[[nodiscard]] std::span<const aggregate_function> aggregate_functions();
[[nodiscard]] const aggregate_function* find_aggregate(std::string_view name);

/// Whether it has no use for texts, truth values and objects.
[[nodiscard]] bool is_of_numbers(aggregate_kind kind);

/// What one aggregate keeps of the values of one part of a window. Parts are put together in the order of time.
class accumulator {
 public:
  explicit accumulator(aggregate_kind kind);

  /// A value that is not NULL and of the right type. False where it is passed over: one distinct value too many, or
  /// for the time-weighted average a time before the last.
  bool add(timestamp at, const value& v);
  /// `later` holds what came after.
  void merge(const accumulator& later);
  /// NULL where there is nothing to tell. `parameter` is the percentile; `end` is where the window ends.
  [[nodiscard]] value result(double parameter, timestamp end) const;
  [[nodiscard]] std::size_t bytes() const;

  void encode(byte_writer& to) const;
  [[nodiscard]] static accumulator decode(aggregate_kind kind, byte_reader& from);

 private:
  struct counted {
    std::uint64_t count = 0;
  };
  struct distinct {
    std::vector<std::uint64_t> hashes{};  // sorted
  };
  struct total {
    std::uint64_t count = 0;
    double sum = 0;
  };
  struct moments {
    double count = 0;
    double mean = 0;
    double squares = 0;  // of the distances from the mean

    void merge(const moments& later);
  };
  struct extreme {
    bool any = false;
    double x = 0;
  };
  struct end_value {
    bool any = false;
    timestamp at{};
    kept_value what{};
  };
  struct change {
    std::uint64_t count = 0;
    timestamp first_at{};
    timestamp last_at{};
    double first = 0;
    double last = 0;

    void merge(const change& later);
  };
  struct weighted {
    bool any = false;
    timestamp first_at{};
    timestamp last_at{};
    double last = 0;
    double integral = 0;  // of the value over the seconds between

    void merge(const weighted& later);
  };
  using state = std::variant<counted, distinct, total, moments, extreme, end_value, change, weighted, t_digest>;

  [[nodiscard]] static state empty(aggregate_kind kind);
  [[nodiscard]] value spread(const moments& m) const;

  aggregate_kind kind_;
  state state_;
};

/// One accumulator for each aggregate of a rule.
using partial = std::vector<accumulator>;

}  // namespace perigee::rules::detail
