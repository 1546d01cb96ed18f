#include "rules/detail/functions.hpp"

#include <algorithm>
#include <cmath>

#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "rules/detail/lexer.hpp"

namespace perigee::rules::detail {

value finite(const evaluation& with, double x) { return std::isfinite(x) ? of_number(x) : with.wrong(); }

value element_of(const value& of, const value& at, const evaluation& with) {
  if (of.is_null() || at.is_null()) return {};
  if (of.kind == value_kind::json && at.kind == value_kind::text) return with.json.member(of.text, at.text, with.texts);
  const double place = std::floor(at.number);
  if (at.kind != value_kind::number) return with.wrong();
  if (place < 0 || place > limits::message_payload_bytes_max) return {};
  if (of.kind == value_kind::json) return with.json.element(of.text, static_cast<std::size_t>(place), with.texts);
  if (of.kind != value_kind::text) return with.wrong();
  auto rest = of.text;
  for (double n = 0; !rest.empty(); ++n) {
    const auto bytes = std::max<std::size_t>(utf8_character_bytes(rest), 1);
    if (n == place) return of_text(rest.substr(0, bytes));
    rest.remove_prefix(bytes);
  }
  return {};
}

std::span<const function_group> function_groups() {
  static const std::array<function_group, 8> groups{{{"The message", record_functions()},
                                                     {"Numbers", number_functions()},
                                                     {"Texts", text_functions()},
                                                     {"Regular expressions", pattern_functions()},
                                                     {"Times", time_functions()},
                                                     {"Hashes and encodings", hash_functions()},
                                                     {"Places", place_functions()},
                                                     {"NULL, arrays and objects", choice_functions()}}};
  return groups;
}

const function* find_function(std::string_view name) {
  for (const auto& group : function_groups()) {
    const auto found =
        std::ranges::find_if(group.functions, [&](const auto& f) { return equal_ignoring_case(f.name, name); });
    if (found != group.functions.end()) return &*found;
  }
  return nullptr;
}

}  // namespace perigee::rules::detail
