#pragma once

#include <memory>
#include <string_view>

#include "api/route.hpp"
#include "node/line_source.hpp"
#include "readers/rules/rules_reader.hpp"

namespace perigee::node {

/// What one rule does, as lines of JSON, one an action.
class rule_tap final : public line_source {
 public:
  /// errc::not_found for a rule that is not there, errc::full at limits::rule_taps_max.
  [[nodiscard]] static result<std::unique_ptr<rule_tap>> start(io::shard& on, readers::rules::rules_reader& of,
                                                               std::string_view rule);

  using line_source::line_source;

 private:
  std::shared_ptr<readers::rules::output_listener> listening_;
};

/// GET /api/v1/rules/{rule}/tap.
[[nodiscard]] api::routes rule_tap_routes(io::shard& on, readers::rules::rules_reader& of);

}  // namespace perigee::node
