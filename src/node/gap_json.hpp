#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "model/gap.hpp"

namespace perigee::node {

/// A gap of this node's, or of one below it, as the API shows it.
[[nodiscard]] boost::json::object to_json(std::string_view node, const model::gap& g);

}  // namespace perigee::node
