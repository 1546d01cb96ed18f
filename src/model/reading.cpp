#include "model/reading.hpp"

#include <array>
#include <type_traits>

namespace perigee::model {

std::string_view name_of(quality q) {
  constexpr std::array<std::string_view, 3> names{"good", "uncertain", "bad"};
  return names[static_cast<std::size_t>(q)];
}

value value_of(const value_view& v) {
  const auto own = [](const auto& x) -> value {
    using type = std::remove_cvref_t<decltype(x)>;
    if constexpr (std::is_same_v<type, std::string_view>) {
      return std::string(x);
    } else if constexpr (std::is_same_v<type, byte_view>) {
      return to_buffer(x);
    } else {
      return x;
    }
  };
  return std::visit(own, v);
}

value_view view_of(const value& v) {
  const auto borrow = [](const auto& x) -> value_view {
    using type = std::remove_cvref_t<decltype(x)>;
    if constexpr (std::is_same_v<type, std::string>) {
      return std::string_view(x);
    } else if constexpr (std::is_same_v<type, byte_buffer>) {
      return byte_view(x);
    } else {
      return x;
    }
  };
  return std::visit(borrow, v);
}

reading::reading(const reading_view& from)
    : device(from.device),
      metric(from.metric),
      time(from.time),
      value(value_of(from.value)),
      quality(from.quality),
      why(from.why) {}

reading_view reading::view() const { return {device, metric, time, view_of(value), quality, why}; }

bool is_number(const value_view& v) { return v.index() >= 1 && v.index() <= 3; }

double number_of(const value_view& v) {
  if (const auto* x = std::get_if<double>(&v)) return *x;
  if (const auto* x = std::get_if<std::int64_t>(&v)) return static_cast<double>(*x);
  if (const auto* x = std::get_if<bool>(&v)) return *x ? 1 : 0;
  return 0;
}

}  // namespace perigee::model
