#pragma once
// The functions of the rule language. Each file functions_*.cpp brings one group of them.

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "rules/detail/json_text.hpp"
#include "rules/detail/value.hpp"
#include "rules/detail/window.hpp"
#include "rules/event.hpp"

namespace perigee::rules::detail {

/// How often a condition was what.
struct condition_tally {
  std::uint64_t trues = 0;
  std::uint64_t falses = 0;
  std::uint64_t nulls = 0;
};

/// What an expression may look at while one event is decided.
struct evaluation {
  const event& what;
  std::span<const value> fields;  // of the payload, by slot
  scratch& texts;
  json_text& json;
  std::uint64_t& errors;
  std::span<const value> analytics{};    // of this message, by their place in the program
  std::span<const value> joined{};       // columns of tables, by their place in the program
  std::span<condition_tally> tallies{};  // of watched conditions, by their place in the program
  const window_view* window = nullptr;   // that ends now; then there is no message

  /// NULL for a reason that is worth counting.
  [[nodiscard]] value wrong() const {
    ++errors;
    return {};
  }
  /// The text made in `texts`, or NULL where it found no room.
  [[nodiscard]] value made() const {
    const auto text = texts.take();
    return text ? of_text(*text) : wrong();
  }
  /// The same for the text of an object or array.
  [[nodiscard]] value made_json() const {
    auto out = made();
    if (!out.is_null()) out.kind = value_kind::json;
    return out;
  }
};

inline constexpr std::size_t function_arguments_max = 16;

/// What a function makes once of its constant arguments, such as a compiled pattern. Owned by the program that calls
/// it.
struct prepared {
  prepared() = default;
  prepared(const prepared&) = delete;
  prepared& operator=(const prepared&) = delete;
  virtual ~prepared() = default;
};
/// Or what is wrong with them.
using preparation = std::expected<std::unique_ptr<prepared>, std::string>;

/// Where a function has something to look at.
enum class function_scope : std::uint8_t { anywhere, message, window };

struct function {
  using arguments = std::span<const value>;

  std::string_view name;
  std::string_view usage;    // "round(number [, decimals])"
  std::string_view summary;  // what it gives, for docs/rules-functions.md
  std::uint8_t arguments_min = 0;
  std::uint8_t arguments_max = 0;
  std::array<value_type, 3> parameters{};  // the last goes for all that follow
  value_type result = value_type::any;
  value (*body)(const evaluation&, arguments) = nullptr;
  bool sees_null = false;        // otherwise NULL in, NULL out
  bool is_of_arguments = false;  // the result has the type that the arguments have in common
  std::uint8_t constants = 0;    // bit i: argument i must be constant
  preparation (*prepare)(arguments constants_only) = nullptr;  // then `prepared_body` is called and not `body`
  value (*prepared_body)(const evaluation&, arguments, const prepared&) = nullptr;
  function_scope scope = function_scope::anywhere;

  [[nodiscard]] value_type parameter_type(std::size_t index) const {
    return parameters[std::min(index, parameters.size() - 1)];
  }
  [[nodiscard]] bool is_constant(std::size_t argument) const { return (constants >> argument & 1) != 0; }
};

struct function_group {
  std::string_view title;
  std::span<const function> functions;
};

[[nodiscard]] std::span<const function_group> function_groups();
/// Any case of letters; null where there is none of that name.
[[nodiscard]] const function* find_function(std::string_view name);

[[nodiscard]] std::span<const function> record_functions();
[[nodiscard]] std::span<const function> number_functions();
[[nodiscard]] std::span<const function> text_functions();
[[nodiscard]] std::span<const function> pattern_functions();
[[nodiscard]] std::span<const function> time_functions();
[[nodiscard]] std::span<const function> hash_functions();
[[nodiscard]] std::span<const function> place_functions();
[[nodiscard]] std::span<const function> choice_functions();

/// What tables of functions are written with.
namespace types {
inline constexpr auto any = value_type::any;
inline constexpr auto number = value_type::number;
inline constexpr auto text = value_type::text;
inline constexpr auto boolean = value_type::boolean;
inline constexpr std::array<value_type, 3> anything{any, any, any};
inline constexpr std::array<value_type, 3> numbers{number, number, number};
inline constexpr std::array<value_type, 3> texts{text, text, text};
inline constexpr std::array<value_type, 3> text_then_numbers{text, number, number};
}  // namespace types

/// What get(of, at), of[at] and of.name give: an element or a character by its place from 0, or a member by its name.
[[nodiscard]] value element_of(const value& of, const value& at, const evaluation& with);

/// NULL, counted, for what is no number: infinite, or undefined.
[[nodiscard]] value finite(const evaluation& with, double x);

}  // namespace perigee::rules::detail
