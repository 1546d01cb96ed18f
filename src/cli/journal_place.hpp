#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"
#include "node/secret.hpp"

namespace perigee::cli {

/// A journal on the disk that a command looks at.
struct journal_place {
  std::string folder;
  std::string node;                // empty: not known
  std::vector<node::secret> keys;  // to read what is encrypted; none without the configuration
};

/// From `--data` (a data folder, or a journal's own), or the configuration in the argument `file`. Says what is wrong
/// on stderr, in the command's name.
[[nodiscard]] std::expected<journal_place, exit_code> find_journal(const invocation& called, std::string_view command,
                                                                   std::string_view file = "file");

}  // namespace perigee::cli
