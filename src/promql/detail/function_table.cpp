#include "promql/detail/function_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "promql/detail/number_functions.hpp"
#include "promql/detail/vector_functions.hpp"
#include "promql/detail/window_functions.hpp"

namespace perigee::promql::detail {
namespace {

using enum value_type;

constexpr std::array range_only{matrix};
constexpr std::array range_number{matrix, scalar};
constexpr std::array number_range{scalar, matrix};
constexpr std::array vector_only{vector};
constexpr std::array vector_number{vector, scalar};
constexpr std::array vector_numbers{vector, scalar, scalar};
constexpr std::array number_vector{scalar, vector};
constexpr std::array number_only{scalar};
constexpr std::array vector_texts{vector, string};

constexpr function of_range(std::string_view name, window_function evaluate, bool keeps_name = false) {
  return {.name = name, .parameters = range_only, .evaluate = evaluate, .keeps_name = keeps_name};
}
constexpr function of_number(std::string_view name, number_function evaluate) {
  return {.name = name, .parameters = vector_only, .evaluate = evaluate};
}
/// Without an argument it is asked of the instant.
constexpr function of_time(std::string_view name, number_function evaluate) {
  return {.name = name, .parameters = vector_only, .required = 0, .evaluate = evaluate};
}
constexpr function of_vector(std::string_view name, std::span<const value_type> parameters, std::uint8_t required,
                             std::uint8_t allowed, vector_function evaluate) {
  return {.name = name, .parameters = parameters, .required = required, .allowed = allowed, .evaluate = evaluate};
}
constexpr function to_scalar(std::string_view name, std::uint8_t arguments, scalar_function evaluate) {
  return {.name = name,
          .parameters = vector_only,
          .required = arguments,
          .allowed = arguments,
          .returns = scalar,
          .evaluate = evaluate};
}

const std::array functions{
    of_range("rate", windows::rate),
    of_range("increase", windows::increase),
    of_range("delta", windows::delta),
    of_range("irate", windows::irate),
    of_range("idelta", windows::idelta),
    of_range("deriv", windows::deriv),
    of_range("changes", windows::changes),
    of_range("resets", windows::resets),
    of_range("avg_over_time", windows::avg),
    of_range("min_over_time", windows::min),
    of_range("max_over_time", windows::max),
    of_range("sum_over_time", windows::sum),
    of_range("count_over_time", windows::count),
    of_range("last_over_time", windows::last, true),
    of_range("present_over_time", windows::present),
    of_range("stddev_over_time", windows::stddev),
    of_range("stdvar_over_time", windows::stdvar),
    function{.name = "quantile_over_time",
             .parameters = number_range,
             .required = 2,
             .allowed = 2,
             .evaluate = windows::quantile},
    function{.name = "predict_linear",
             .parameters = range_number,
             .required = 2,
             .allowed = 2,
             .evaluate = windows::predict_linear},
    of_vector("absent_over_time", range_only, 1, 1, vectors::absent_over_time),

    of_number("abs", numbers::absolute),
    of_number("ceil", numbers::rounded_up),
    of_number("floor", numbers::rounded_down),
    of_number("sgn", numbers::sign),
    of_number("sqrt", std::sqrt),
    of_number("exp", std::exp),
    of_number("ln", std::log),
    of_number("log2", std::log2),
    of_number("log10", std::log10),
    of_number("deg", numbers::degrees),
    of_number("rad", numbers::radians),
    of_number("sin", std::sin),
    of_number("cos", std::cos),
    of_number("tan", std::tan),
    of_number("asin", std::asin),
    of_number("acos", std::acos),
    of_number("atan", std::atan),
    of_number("sinh", std::sinh),
    of_number("cosh", std::cosh),
    of_number("tanh", std::tanh),
    of_number("asinh", std::asinh),
    of_number("acosh", std::acosh),
    of_number("atanh", std::atanh),
    of_time("minute", numbers::minute),
    of_time("hour", numbers::hour),
    of_time("day_of_week", numbers::day_of_week),
    of_time("day_of_month", numbers::day_of_month),
    of_time("day_of_year", numbers::day_of_year),
    of_time("days_in_month", numbers::days_in_month),
    of_time("month", numbers::month),
    of_time("year", numbers::year),

    of_vector("absent", vector_only, 1, 1, vectors::absent),
    of_vector("clamp", vector_numbers, 3, 3, vectors::clamp),
    of_vector("clamp_min", vector_number, 2, 2, vectors::clamp_min),
    of_vector("clamp_max", vector_number, 2, 2, vectors::clamp_max),
    of_vector("round", vector_number, 1, 2, vectors::round),
    of_vector("sort", vector_only, 1, 1, vectors::sort),
    of_vector("sort_desc", vector_only, 1, 1, vectors::sort_desc),
    of_vector("timestamp", vector_only, 1, 1, vectors::timestamp),
    of_vector("vector", number_only, 1, 1, vectors::vector),
    of_vector("label_join", vector_texts, 3, function::any_number, vectors::label_join),
    of_vector("label_replace", vector_texts, 5, 5, vectors::label_replace),
    of_vector("histogram_quantile", number_vector, 2, 2, vectors::histogram_quantile),

    to_scalar("scalar", 1, vectors::scalar),
    to_scalar("time", 0, vectors::time),
    to_scalar("pi", 0, vectors::pi),
};

}  // namespace

const function* find_function(std::string_view name) {
  const auto found = std::ranges::find(functions, name, &function::name);
  return found == functions.end() ? nullptr : &*found;
}

}  // namespace perigee::promql::detail
