#include <algorithm>
#include <cmath>

#include "rules/detail/functions.hpp"

namespace perigee::rules::detail {
namespace {

using namespace types;
using arguments = function::arguments;

value first_known(const evaluation&, arguments args) {
  const auto found = std::ranges::find_if(args, [](const auto& one) { return !one.is_null(); });
  return found == args.end() ? value{} : *found;
}

value is_null(const evaluation&, arguments args) { return of_boolean(args[0].is_null()); }

value element(const evaluation& with, arguments args) { return element_of(args[0], args[1], with); }

value cardinality(const evaluation& with, arguments args) {
  double count = 0;
  const bool array =
      args[0].kind == value_kind::json && with.json.for_each(args[0].text, with.texts, [&](const value&) {
        ++count;
        return true;
      });
  return array ? of_number(count) : with.wrong();
}

constexpr auto many = function_arguments_max;

constexpr auto table = std::to_array<function>({
    {"coalesce", "coalesce(value, ...)", "the first that is not NULL", 1, many, anything, any, first_known, true, true},
    {"ifnull", "ifnull(value, instead)", "the same of two", 2, 2, anything, any, first_known, true, true},
    {"nanvl", "nanvl(value, instead)", "the same: what is no number is NULL", 2, 2, anything, any, first_known, true,
     true},
    {"isnull", "isnull(value)", "whether it is NULL", 1, 1, anything, boolean, is_null, true},
    {"isundefined", "isundefined(value)", "the same: a field that is not there is NULL", 1, 1, anything, boolean,
     is_null, true},
    {"get", "get(array, index) or get(object, name) or get(text, index)",
     "the element or character, from 0, or the member", 2, 2, anything, any, element},
    {"cardinality", "cardinality(array)", "how many elements it has", 1, 1, anything, number, cardinality},
});

}  // namespace

std::span<const function> choice_functions() { return table; }

}  // namespace perigee::rules::detail
