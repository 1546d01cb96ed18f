#pragma once

#include <string>
#include <string_view>

#include "model/record.hpp"

namespace perigee::model {

/// What a node's rules append goes under this name and the lane it was decided on: "rules/bulk". Its stamps say from
/// which message it came: they ascend, but do not count one by one as a device's do. No client may take such a name.
inline constexpr std::string_view derived_prefix = "rules/";

/// Gap records for what is dropped from quarantine go under this name.
inline constexpr std::string_view quarantine_source = "quarantine/gaps";

/// What operators of a node did about alarms goes under this name.
inline constexpr std::string_view operators_source = "alarms/operators";

[[nodiscard]] inline std::string derived_source(lane decided_on) {
  return std::string(derived_prefix) + std::string(name_of(decided_on));
}
[[nodiscard]] inline bool is_derived(const record_view& r) { return r.source.starts_with(derived_prefix); }

}  // namespace perigee::model
