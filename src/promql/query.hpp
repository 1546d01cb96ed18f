#pragma once
// Prometheus's query language: https://prometheus.io/docs/prometheus/latest/querying/ (basics, operators, functions),
// as Prometheus 3 answers it. Not there: native histograms, `double_exponential_smoothing` and other experimental
// functions; what is not there is refused by name and position. docs/prometheus.md tells users.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "promql/fault.hpp"
#include "promql/source.hpp"

namespace perigee::promql {

/// What a query evaluates to: a number, a text, one sample each of several series, or a range of samples of each.
enum class value_type { scalar, string, vector, matrix };
[[nodiscard]] std::string_view name_of(value_type t);

/// Instants from start to end, both included. start <= end, step > 0.
struct evaluation_range {
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;
  std::int64_t step_ms = 1;
};

struct answer {
  value_type type = value_type::vector;
  std::vector<promql::series> series;  // of a vector: one sample each. Of a matrix: ordered by labels
  sample scalar;
  std::string text;
};

/// A query that was understood: immutable, evaluated as often as one likes.
class query {
 public:
  /// bad_data with line and column, as Prometheus writes it ("1:8: parse error: ..."). At most
  /// limits::promql_query_bytes_max, nested at most limits::promql_depth_max deep.
  [[nodiscard]] static outcome<query> parse(std::string_view text);
  query(query&&) noexcept;
  query& operator=(query&&) noexcept;
  ~query();

  [[nodiscard]] value_type type() const;
  [[nodiscard]] outcome<answer> at(source& from, std::int64_t time_ms) const;
  /// Of a number or a vector, at each instant. bad_data over limits::promql_steps_max instants, or for another type.
  [[nodiscard]] outcome<answer> over(source& from, const evaluation_range& when) const;

 private:
  struct parsed;
  explicit query(std::unique_ptr<const parsed> made);
  std::unique_ptr<const parsed> parsed_;
};

/// A series selector alone: `up`, `{device="m1"}`, `x{y=~"a|b"}`; what `match[]` takes.
[[nodiscard]] outcome<std::vector<matcher>> parse_selector(std::string_view text);

/// "5m", "1h30m": a positive duration in milliseconds.
[[nodiscard]] outcome<std::int64_t> parse_duration(std::string_view text);

/// A sample's value as Prometheus writes it: the shortest text that reads back the same; "NaN", "+Inf", "-Inf".
[[nodiscard]] std::string to_text(double value);

}  // namespace perigee::promql
