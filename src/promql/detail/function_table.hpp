#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "promql/detail/ast.hpp"
#include "promql/detail/instant_vector.hpp"
#include "promql/source.hpp"

namespace perigee::promql::detail {

class evaluator;

/// Samples of one series in a range selector's range, at least one, for one instant.
struct window {
  std::span<const sample> samples;
  std::int64_t after_ms = 0;  // the range: after_ms < time <= until_ms
  std::int64_t until_ms = 0;
  std::int64_t instant_ms = 0;  // that is evaluated
  double parameter = 0;         // the function's number, where it takes one

  [[nodiscard]] double seconds() const { return static_cast<double>(until_ms - after_ms) / 1000; }
};

/// Of a range of samples; nullopt where they are too few.
using window_function = std::optional<double> (*)(const window&);
/// Of each sample's value by itself.
using number_function = double (*)(double);
/// Of what only it knows, at one instant.
using vector_function = outcome<instant_vector> (*)(evaluator&, const call_node&, std::int64_t instant_ms);
using scalar_function = outcome<double> (*)(evaluator&, const call_node&, std::int64_t instant_ms);

struct function {
  static constexpr std::uint8_t any_number = 255;

  std::string_view name;
  std::span<const value_type> parameters;  // the last one stands for all further arguments
  std::uint8_t required = 1;               // arguments
  std::uint8_t allowed = 1;
  value_type returns = value_type::vector;
  std::variant<window_function, number_function, vector_function, scalar_function> evaluate;
  bool keeps_name = false;  // the result is still the series' own value
};

/// By its name; nullptr where there is none.
[[nodiscard]] const function* find_function(std::string_view name);

}  // namespace perigee::promql::detail
