#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "promql/fault.hpp"

namespace perigee::promql {

namespace detail {
class pattern;
}

enum class match_kind { equal, not_equal, matches, not_matches };

/// One condition on a label: `name="value"`, `!=`, `=~` or `!~`. A label that is not there has the value "". A regular
/// expression (RE2 syntax) matches the whole value; evaluating one takes time linear in the value.
class matcher {
 public:
  /// bad_data for an expression that does not compile, or takes more than limits::promql_pattern_bytes_max of memory.
  [[nodiscard]] static outcome<matcher> make(std::string name, match_kind kind, std::string value);

  [[nodiscard]] bool matches(std::string_view value) const;
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& value() const { return value_; }
  [[nodiscard]] match_kind kind() const { return kind_; }

 private:
  std::string name_;
  std::string value_;
  match_kind kind_ = match_kind::equal;
  std::shared_ptr<const detail::pattern> pattern_;  // compiled once, shared by copies
};

}  // namespace perigee::promql
