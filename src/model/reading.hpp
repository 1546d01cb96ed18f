#pragma once
// One measured value: what readers of the journal work on once a record's payload is decoded (DESIGN 5).

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace perigee::model {

/// monostate: the device said null.
using value = std::variant<std::monostate, double, std::int64_t, bool, std::string, byte_buffer>;
/// The same, its bytes owned elsewhere.
using value_view = std::variant<std::monostate, double, std::int64_t, bool, std::string_view, byte_view>;

enum class quality : std::uint8_t { good = 0, uncertain = 1, bad = 2 };
[[nodiscard]] std::string_view name_of(quality q);

/// A reading whose bytes are owned elsewhere.
struct reading_view {
  std::string_view device;
  std::string_view metric;
  timestamp time;  // the device's own where it has a clock, else the record's arrival
  value_view value;
  model::quality quality = model::quality::good;
  std::string_view why;  // where quality is not good
};

/// The same, owning its bytes.
struct reading {
  std::string device;
  std::string metric;
  timestamp time;
  model::value value;
  model::quality quality = model::quality::good;
  std::string why;

  reading() = default;
  explicit reading(const reading_view& from);
  [[nodiscard]] reading_view view() const;
};

/// From one to the other.
[[nodiscard]] value value_of(const value_view& v);
[[nodiscard]] value_view view_of(const value& v);
/// The number behind a value that has one: doubles, integers, and bools as 0 and 1.
[[nodiscard]] bool is_number(const value_view& v);
[[nodiscard]] double number_of(const value_view& v);

}  // namespace perigee::model
