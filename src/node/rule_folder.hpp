#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/route.hpp"
#include "base/diagnostic.hpp"
#include "base/metrics.hpp"
#include "io/file.hpp"
#include "io/shard.hpp"
#include "io/worker.hpp"
#include "readers/rules/rules_reader.hpp"

namespace perigee::node {

/// Reads the rules again while the node runs: whole, or not at all. Files are read and compiled beside the shard; what
/// unchanged rules remember stays. Owned by the node, on the journal's shard; ends before the reader does.
class rule_folder {
 public:
  struct outcome {
    std::size_t rules = 0;  // that are in force now
    diagnostics wrong{};    // why those are the ones of before
  };
  using told = std::function<void(outcome)>;

  /// `known`: what rules may deliver to.
  rule_folder(std::string folder, rules::destinations known, io::disk& disk, readers::rules::rules_reader& reader,
              std::unique_ptr<io::worker> worker, metrics::registry& registry);

  /// Asked for while one goes on, another follows it: what was changed meanwhile counts.
  void reload(told then = {});

 private:
  [[nodiscard]] std::expected<rules::rule_set, diagnostics> read() const;
  void take_over(std::expected<rules::rule_set, diagnostics> read, outcome& how);

  std::string folder_;
  rules::destinations known_;
  io::disk& disk_;
  readers::rules::rules_reader& reader_;
  bool reading_ = false;
  bool again_ = false;
  std::vector<told> waiting_;  // for the next one; bounded by the connections that ask
  metrics::counter& reloads_;
  metrics::gauge& refused_;
  std::unique_ptr<io::worker> worker_;  // the last, so that nothing comes back from it to what is half gone
};

/// POST /api/v1/rules/reload.
[[nodiscard]] api::routes rule_folder_routes(io::shard& on, rule_folder& folder);

}  // namespace perigee::node
