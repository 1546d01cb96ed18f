#include "model/reading.hpp"

#include <array>
#include <type_traits>

namespace perigee::model {

std::string_view name_of(quality q) {
  constexpr std::array<std::string_view, 3> names{"good", "uncertain", "bad"};
  return names[static_cast<std::size_t>(q)];
}

reading::reading(const reading_view& from)
    : device(from.device), metric(from.metric), time(from.time), quality(from.quality), why(from.why) {
  const auto own = [this](const auto& x) {
    using type = std::remove_cvref_t<decltype(x)>;
    if constexpr (std::is_same_v<type, std::string_view>) {
      value = std::string(x);
    } else if constexpr (std::is_same_v<type, byte_view>) {
      value = to_buffer(x);
    } else {
      value = x;
    }
  };
  std::visit(own, from.value);
}

reading_view reading::view() const {
  reading_view out{device, metric, time, {}, quality, why};
  const auto borrow = [&out](const auto& x) {
    using type = std::remove_cvref_t<decltype(x)>;
    if constexpr (std::is_same_v<type, std::string>) {
      out.value = std::string_view(x);
    } else if constexpr (std::is_same_v<type, byte_buffer>) {
      out.value = byte_view(x);
    } else {
      out.value = x;
    }
  };
  std::visit(borrow, value);
  return out;
}

bool is_number(const value_view& v) { return v.index() >= 1 && v.index() <= 3; }

double number_of(const value_view& v) {
  if (const auto* x = std::get_if<double>(&v)) return *x;
  if (const auto* x = std::get_if<std::int64_t>(&v)) return static_cast<double>(*x);
  if (const auto* x = std::get_if<bool>(&v)) return *x ? 1 : 0;
  return 0;
}

}  // namespace perigee::model
