#pragma once
// Times as CSV files write them.

#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace perigee::doors::replay {

/// One way to write a time. Named ones: "iso8601" (2014-04-01 00:05:00, 'T' or a space, zone optional), "unix" (whole
/// or with a fraction; s, ms, µs or ns told apart by size), "unix_s", "unix_ms", "unix_us", "unix_ns". Any other is a
/// pattern of %Y %y %m %d %H %M %S %f (fraction of a second) %b (Jan) %z (+01:00, Z) %%. Without a zone: UTC.
class time_format {
 public:
  /// errc::malformed for a pattern with an unknown % letter, or one that cannot give a day.
  [[nodiscard]] static result<time_format> from(std::string_view text);
  /// The first named format that reads this, if one does.
  [[nodiscard]] static std::optional<time_format> of_sample(std::string_view cell);

  [[nodiscard]] result<timestamp> parse(std::string_view cell) const;

 private:
  enum class kind : std::uint8_t { iso8601, unix, unix_s, unix_ms, unix_us, unix_ns, pattern };

  explicit time_format(kind k, std::string pattern = {}) : kind_(k), pattern_(std::move(pattern)) {}

  kind kind_;
  std::string pattern_;
};

}  // namespace perigee::doors::replay
