#pragma once

#include <string_view>

#include "promql/labels.hpp"

namespace perigee::readers::history::detail {

/// `a="1",b="x\"y"` as labels, the way it stands between the braces of a metrics text. What does not read so ends it.
[[nodiscard]] promql::labels own_labels(std::string_view text);

}  // namespace perigee::readers::history::detail
