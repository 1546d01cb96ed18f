#include <algorithm>
#include <cmath>
#include <numbers>

#include "rules/detail/functions.hpp"

namespace perigee::rules::detail {
namespace {

using namespace types;
using arguments = function::arguments;

constexpr double exact_integer_max = 9007199254740992.0;  // 2^53
constexpr double degrees_of_half_turn = 180;
constexpr double decimals_max = 15;

template <double (*compute)(double)>
value by_number(const evaluation& with, arguments args) {
  return finite(with, compute(args[0].number));
}
template <double (*compute)(double, double)>
value by_two(const evaluation& with, arguments args) {
  return finite(with, compute(args[0].number, args[1].number));
}

/// `shorten` at so many decimals.
template <double (*shorten)(double)>
value at_decimals(const evaluation& with, arguments args) {
  if (args.size() == 1) return of_number(shorten(args[0].number));
  const double decimals = args[1].number;
  if (decimals != std::trunc(decimals) || std::abs(decimals) > decimals_max) return with.wrong();
  const double scale = std::pow(10.0, decimals);
  return finite(with, shorten(args[0].number * scale) / scale);
}

double sign_of(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }
double in_radians(double degrees) { return degrees * std::numbers::pi / degrees_of_half_turn; }
double in_degrees(double radians) { return radians * degrees_of_half_turn / std::numbers::pi; }
double modulo(double a, double b) { return b == 0 ? HUGE_VAL : std::fmod(a, b); }

/// log(x) is of base 10 as in AWS IoT, log(base, x) as in eKuiper.
value logarithm(const evaluation& with, arguments args) {
  if (args.size() == 1) return finite(with, std::log10(args[0].number));
  return finite(with, std::log(args[1].number) / std::log(args[0].number));
}

value least(const evaluation&, arguments args) { return of_number(std::ranges::min(args, {}, &value::number).number); }
value greatest(const evaluation&, arguments args) {
  return of_number(std::ranges::max(args, {}, &value::number).number);
}

/// Fractions are rounded down; what a double cannot count exactly has no bits to speak of.
template <std::int64_t (*combine)(std::int64_t, std::int64_t)>
value by_bits(const evaluation& with, arguments args) {
  const double a = std::floor(args[0].number);
  const double b = args.size() > 1 ? std::floor(args[1].number) : 0;
  if (std::abs(a) > exact_integer_max || std::abs(b) > exact_integer_max) return with.wrong();
  return of_number(static_cast<double>(combine(static_cast<std::int64_t>(a), static_cast<std::int64_t>(b))));
}
std::int64_t both(std::int64_t a, std::int64_t b) { return a & b; }
std::int64_t either(std::int64_t a, std::int64_t b) { return a | b; }
std::int64_t one_of(std::int64_t a, std::int64_t b) { return a ^ b; }
std::int64_t none_of(std::int64_t a, std::int64_t) { return ~a; }

constexpr auto many = function_arguments_max;

constexpr auto table = std::to_array<function>({
    {"abs", "abs(number)", "without its sign", 1, 1, numbers, number, by_number<std::fabs>},
    {"floor", "floor(number)", "the next whole number down", 1, 1, numbers, number, by_number<std::floor>},
    {"ceil", "ceil(number)", "the next whole number up", 1, 1, numbers, number, by_number<std::ceil>},
    {"round", "round(number [, decimals])", "the nearest; halves away from zero", 1, 2, numbers, number,
     at_decimals<std::round>},
    {"trunc", "trunc(number [, decimals])", "without what is behind", 1, 2, numbers, number, at_decimals<std::trunc>},
    {"sign", "sign(number)", "-1, 0 or 1", 1, 1, numbers, number, by_number<sign_of>},
    {"sqrt", "sqrt(number)", "the square root", 1, 1, numbers, number, by_number<std::sqrt>},
    {"power", "power(base, exponent)", "base to the exponent", 2, 2, numbers, number, by_two<std::pow>},
    {"exp", "exp(number)", "e to the number", 1, 1, numbers, number, by_number<std::exp>},
    {"ln", "ln(number)", "the natural logarithm", 1, 1, numbers, number, by_number<std::log>},
    {"log", "log([base,] number)", "the logarithm, of base 10 where none is given", 1, 2, numbers, number, logarithm},
    {"mod", "mod(number, by)", "the remainder of a division, with the sign of the number", 2, 2, numbers, number,
     by_two<modulo>},
    {"remainder", "remainder(number, by)", "the same", 2, 2, numbers, number, by_two<modulo>},
    {"sin", "sin(radians)", "the sine", 1, 1, numbers, number, by_number<std::sin>},
    {"cos", "cos(radians)", "the cosine", 1, 1, numbers, number, by_number<std::cos>},
    {"tan", "tan(radians)", "the tangent", 1, 1, numbers, number, by_number<std::tan>},
    {"asin", "asin(number)", "the inverse sine, in radians", 1, 1, numbers, number, by_number<std::asin>},
    {"acos", "acos(number)", "the inverse cosine, in radians", 1, 1, numbers, number, by_number<std::acos>},
    {"atan", "atan(number)", "the inverse tangent, in radians", 1, 1, numbers, number, by_number<std::atan>},
    {"atan2", "atan2(y, x)", "the angle of the point, in radians", 2, 2, numbers, number, by_two<std::atan2>},
    {"sinh", "sinh(number)", "the hyperbolic sine", 1, 1, numbers, number, by_number<std::sinh>},
    {"cosh", "cosh(number)", "the hyperbolic cosine", 1, 1, numbers, number, by_number<std::cosh>},
    {"tanh", "tanh(number)", "the hyperbolic tangent", 1, 1, numbers, number, by_number<std::tanh>},
    {"radians", "radians(degrees)", "degrees as radians", 1, 1, numbers, number, by_number<in_radians>},
    {"degrees", "degrees(radians)", "radians as degrees", 1, 1, numbers, number, by_number<in_degrees>},
    {"least", "least(number, number, ...)", "the least of its arguments", 2, many, numbers, number, least},
    {"greatest", "greatest(number, number, ...)", "the greatest of its arguments", 2, many, numbers, number, greatest},
    {"min", "min(number, number, ...)", "the least of its arguments; of one argument, an aggregate", 2, many, numbers,
     number, least},
    {"max", "max(number, number, ...)", "the greatest of its arguments; of one argument, an aggregate", 2, many,
     numbers, number, greatest},
    {"bitand", "bitand(integer, integer)", "bits that are set in both", 2, 2, numbers, number, by_bits<both>},
    {"bitor", "bitor(integer, integer)", "bits that are set in one or both", 2, 2, numbers, number, by_bits<either>},
    {"bitxor", "bitxor(integer, integer)", "bits that are set in one only", 2, 2, numbers, number, by_bits<one_of>},
    {"bitnot", "bitnot(integer)", "bits that are not set", 1, 1, numbers, number, by_bits<none_of>},
});

}  // namespace

std::span<const function> number_functions() { return table; }

}  // namespace perigee::rules::detail
