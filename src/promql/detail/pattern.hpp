#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace perigee::promql::detail {

/// A regular expression that has to match a whole text, in RE2's syntax and with its promise: no pattern takes more
/// than linear time or more than limits::promql_pattern_bytes_max of memory.
class pattern {
 public:
  /// Or what is wrong with it.
  [[nodiscard]] static std::expected<std::shared_ptr<const pattern>, std::string> compile(std::string_view expression);
  ~pattern();
  pattern(const pattern&) = delete;
  pattern& operator=(const pattern&) = delete;

  [[nodiscard]] bool matches(std::string_view text) const;
  /// `replacement` with `$1`, `${1}`, `$name` and `${name}` taken from the match, `$$` as `$`; nullopt where the text
  /// does not match.
  [[nodiscard]] std::optional<std::string> replaced(std::string_view text, std::string_view replacement) const;

 private:
  struct compiled;
  explicit pattern(std::unique_ptr<compiled> made);
  std::unique_ptr<compiled> compiled_;
};

}  // namespace perigee::promql::detail
