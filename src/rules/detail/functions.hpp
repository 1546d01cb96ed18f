#pragma once
// The functions of the rule language.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "rules/detail/value.hpp"
#include "rules/event.hpp"

namespace perigee::rules::detail {

/// What an expression may look at while one event is decided.
struct evaluation {
  const event& what;
  std::span<const value> fields;  // of the payload, by slot
  scratch& texts;
  std::uint64_t& errors;

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
};

inline constexpr std::size_t function_arguments_max = 16;

struct function {
  std::string_view name;
  std::string_view usage;  // "round(number [, decimals])"
  std::uint8_t arguments_min = 0;
  std::uint8_t arguments_max = 0;
  value_type parameter = value_type::any;  // of the first argument, and of the rest too where there is no other
  value_type further = value_type::any;    // of the arguments after it
  value_type result = value_type::any;     // any: what the arguments have in common
  bool sees_null = false;                  // otherwise NULL in, NULL out
  value (*body)(const evaluation&, std::span<const value>) = nullptr;

  [[nodiscard]] value_type parameter_type(std::size_t index) const { return index == 0 ? parameter : further; }
};

[[nodiscard]] std::span<const function> functions();
/// Any case of letters; null where there is none of that name.
[[nodiscard]] const function* find_function(std::string_view name);

}  // namespace perigee::rules::detail
