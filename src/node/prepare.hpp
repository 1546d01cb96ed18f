#pragma once
// The files that a configuration names, read and checked before anything starts (promise P11).

#include <expected>
#include <memory>
#include <vector>

#include "base/diagnostic.hpp"
#include "doors/replay/replay_source.hpp"
#include "io/file.hpp"
#include "node/access_files.hpp"
#include "node/config.hpp"
#include "rules/rule_set.hpp"

namespace perigee::node {

/// A CSV file that can be replayed to its end.
struct prepared_replay {
  doors::replay::replay_options options;
  std::unique_ptr<csv::byte_source> file;
  doors::replay::csv_summary summary;
};

struct prepared {
  rules::rule_set rules;
  std::vector<prepared_replay> replays;
  std::shared_ptr<const access_lists> access{};  // null without [access]
};

/// The *.rule.sql files of a folder. P0190 for what cannot be read.
[[nodiscard]] std::expected<std::vector<rules::rule_source>, diagnostics> read_rules(const std::string& folder,
                                                                                     io::disk& on);

/// The files that tables of rules name, for `rules::rule_set::load`.
struct table_files_on {
  io::disk& disk;
  [[nodiscard]] result<std::string> operator()(const std::string& path) const;
};

/// Every error of every file at once.
[[nodiscard]] std::expected<prepared, diagnostics> prepare(const config& from, io::disk& on);

}  // namespace perigee::node
