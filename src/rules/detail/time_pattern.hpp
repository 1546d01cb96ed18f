#pragma once
// Patterns such as 'yyyy-MM-dd HH:mm:ss', as Joda-Time and java.time write them.

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/detail/value.hpp"

namespace perigee::rules::detail {

using milliseconds_since_1970 = std::chrono::sys_time<std::chrono::milliseconds>;

/// A zone by its name in the time zone database ("Europe/Berlin", "UTC") or as "+01:00"; a null rule stands for a
/// fixed offset. Nothing where there is no such zone.
struct time_zone {
  const std::chrono::time_zone* rule = nullptr;
  std::chrono::seconds offset{};
  std::string name{"UTC"};
};
[[nodiscard]] std::optional<time_zone> find_time_zone(std::string_view name);

/// Compiled once, used for every message.
class time_pattern {
 public:
  /// Or what is wrong with it.
  [[nodiscard]] static std::expected<time_pattern, std::string> compile(std::string_view pattern);

  void format(milliseconds_since_1970 at, const time_zone& zone, scratch& out) const;
  /// UTC where the text names no zone. Nothing where it is not written so, or names no day that there is.
  [[nodiscard]] std::optional<milliseconds_since_1970> parse(std::string_view text) const;

 private:
  struct item {
    char letter = '\0';  // '\0': the literal
    std::uint32_t width = 0;
    std::string literal{};
  };
  struct parsed_time;

  static std::optional<std::string_view> take_item(const item& one, std::string_view text, parsed_time& into);

  std::vector<item> items_;
};

}  // namespace perigee::rules::detail
