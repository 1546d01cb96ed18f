#pragma once
// Where a running node is: from its configuration, or from its data folder.

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/command.hpp"
#include "io/stream.hpp"
#include "node/config.hpp"
#include "node/run_file.hpp"

namespace perigee::cli {

struct node_place {
  std::string data;
  node::run_info running;
  std::shared_ptr<io::tls_context> tls;  // for asking it; null where it speaks plainly
};

/// From `--data`, or the configuration that the argument `file_argument` names. Says what is wrong on stderr.
[[nodiscard]] std::expected<node_place, exit_code> find_node(const invocation& called, std::string_view file_argument);

}  // namespace perigee::cli
