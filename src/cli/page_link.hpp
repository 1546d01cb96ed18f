#pragma once

#include <string>

#include "cli/node_api.hpp"

namespace perigee::cli {

/// The operator's page of a running node that has an [api], with a one-time token behind the #, where no server's log
/// sees it.
[[nodiscard]] std::string page_link(const node::run_info& running, std::string_view token);

}  // namespace perigee::cli
