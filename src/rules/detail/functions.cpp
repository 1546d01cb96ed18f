#include "rules/detail/functions.hpp"

#include <algorithm>
#include <cmath>

#include "rules/detail/lexer.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::rules::detail {
namespace {

using arguments = std::span<const value>;

value finite(const evaluation& with, double x) { return std::isfinite(x) ? of_number(x) : with.wrong(); }

template <double (*compute)(double)>
value by_number(const evaluation& with, arguments args) {
  return finite(with, compute(args[0].number));
}

template <char (*convert)(char)>
value by_letter(const evaluation& with, arguments args) {
  with.texts.begin();
  for (const char c : args[0].text) with.texts.put(convert(c));
  return with.made();
}

// Letters of ASCII only: the rest of Unicode needs tables that a gateway does not carry.
char lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char raised(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

value topic(const evaluation& with, arguments args) {
  if (args.empty()) return of_text(with.what.topic);
  if (args[0].number < 1) return {};
  wire::mqtt::topic_levels levels(with.what.topic);
  std::string_view level;
  for (double n = 1; levels.next(level); ++n) {
    if (n == args[0].number) return of_text(level);
  }
  return {};
}

value timestamp_us(const evaluation& with, arguments) {
  return of_number(std::floor(static_cast<double>(with.what.arrival.ns / 1000)));
}

value offset_in_lane(const evaluation& with, arguments) {
  return of_number(static_cast<double>(with.what.offset.value()));
}

value rounded(const evaluation& with, arguments args) {
  if (args.size() == 1) return of_number(std::round(args[0].number));
  const double decimals = args[1].number;
  if (decimals != std::trunc(decimals) || std::abs(decimals) > 15) return with.wrong();
  const double scale = std::pow(10.0, decimals);
  return finite(with, std::round(args[0].number * scale) / scale);
}

value power(const evaluation& with, arguments args) { return finite(with, std::pow(args[0].number, args[1].number)); }

value least(const evaluation&, arguments args) { return of_number(std::ranges::min(args, {}, &value::number).number); }
value greatest(const evaluation&, arguments args) {
  return of_number(std::ranges::max(args, {}, &value::number).number);
}

value concatenated(const evaluation& with, arguments args) {
  with.texts.begin();
  for (const auto& one : args) {
    if (!one.is_null()) put_plain(with.texts, one);
  }
  return with.made();
}

/// In characters, not bytes: the continuation bytes of UTF-8 do not count.
value length(const evaluation&, arguments args) {
  return of_number(static_cast<double>(
      std::ranges::count_if(args[0].text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; })));
}

value first_known(const evaluation&, arguments args) {
  const auto found = std::ranges::find_if(args, [](const auto& one) { return !one.is_null(); });
  return found == args.end() ? value{} : *found;
}

constexpr auto any = value_type::any;
constexpr auto number = value_type::number;
constexpr auto text = value_type::text;

constexpr std::array<function, 17> table{{
    {"topic", "topic() or topic(level from 1)", 0, 1, number, number, text, false, topic},
    {"timestamp", "timestamp()", 0, 0, any, any, number, false, timestamp_us},
    {"offset", "offset()", 0, 0, any, any, number, false, offset_in_lane},
    {"abs", "abs(number)", 1, 1, number, number, number, false, by_number<std::fabs>},
    {"floor", "floor(number)", 1, 1, number, number, number, false, by_number<std::floor>},
    {"ceil", "ceil(number)", 1, 1, number, number, number, false, by_number<std::ceil>},
    {"sqrt", "sqrt(number)", 1, 1, number, number, number, false, by_number<std::sqrt>},
    {"round", "round(number [, decimals])", 1, 2, number, number, number, false, rounded},
    {"power", "power(base, exponent)", 2, 2, number, number, number, false, power},
    {"min", "min(number, number, ...)", 2, function_arguments_max, number, number, number, false, least},
    {"max", "max(number, number, ...)", 2, function_arguments_max, number, number, number, false, greatest},
    {"lower", "lower(text)", 1, 1, text, text, text, false, by_letter<lowered>},
    {"upper", "upper(text)", 1, 1, text, text, text, false, by_letter<raised>},
    {"length", "length(text)", 1, 1, text, text, number, false, length},
    {"concat", "concat(value, ...)", 1, function_arguments_max, any, any, text, true, concatenated},
    {"coalesce", "coalesce(value, ...)", 1, function_arguments_max, any, any, any, true, first_known},
    {"ifnull", "ifnull(value, instead)", 2, 2, any, any, any, true, first_known},
}};

}  // namespace

std::span<const function> functions() { return table; }

const function* find_function(std::string_view name) {
  const auto found = std::ranges::find_if(table, [&](const auto& f) { return equal_ignoring_case(f.name, name); });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace perigee::rules::detail
