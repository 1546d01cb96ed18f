#pragma once
// The payload of a Sparkplug B message (chapter 6; Protocol Buffers, `org.eclipse.tahu.protobuf.Payload`).

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/function_ref.hpp"

namespace perigee::model::sparkplug {

/// 6.4.16. Arrays (22 to 34) and property sets have numbers of their own, which are kept as they come.
enum class data_type : std::uint32_t {
  unknown = 0,
  int8 = 1,
  int16 = 2,
  int32 = 3,
  int64 = 4,
  uint8 = 5,
  uint16 = 6,
  uint32 = 7,
  uint64 = 8,
  float32 = 9,
  float64 = 10,
  boolean = 11,
  string = 12,
  date_time = 13,
  text = 14,
  uuid = 15,
  data_set = 16,
  bytes = 17,
  file = 18,
  template_ = 19,
};

/// A value as it stands in the message: what it means depends on the metric's data type.
using raw_value = std::variant<std::monostate, std::uint64_t, float, double, bool, std::string_view, byte_view>;

/// One metric. Views into the payload.
struct metric {
  std::string_view name{};  // may be left out where there is an alias
  std::optional<std::uint64_t> alias{};
  std::optional<std::uint64_t> timestamp_ms{};  // since 1970
  data_type type = data_type::unknown;          // in a birth; elsewhere it may be left out
  bool is_null = false;
  bool is_composite = false;               // a data set, template or extension: no single value
  std::optional<std::uint32_t> quality{};  // of the property "Quality": 0 bad, 192 good, 500 stale
  raw_value value{};
};

/// What precedes the metrics.
struct payload_header {
  std::optional<std::uint64_t> timestamp_ms{};  // since 1970
  std::optional<std::uint64_t> sequence{};      // 0 to 255
};

/// errc::malformed where the bytes are not such a payload.
[[nodiscard]] result<payload_header> decode_header(byte_view payload);
/// The metrics in order, until `each` answers an error, which is then the answer.
[[nodiscard]] result<> for_each_metric(byte_view payload, function_ref<result<>(const metric&)> each);

/// A single value of the type (6.4.16): signed types are two's complement in 32 or 64 bits. monostate where the type is
/// not single-valued, or the message carries another kind of value than the type asks for.
using single_value =
    std::variant<std::monostate, double, std::int64_t, std::uint64_t, bool, std::string_view, byte_view>;
[[nodiscard]] single_value value_as(data_type type, const raw_value& value);

}  // namespace perigee::model::sparkplug
