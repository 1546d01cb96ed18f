#pragma once
// `*.test.toml` beside rules: what goes in and what must come out, run by `perigee test`. docs/rules.md.

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "rules/rule_set.hpp"

namespace perigee::rules {

struct test_outcome {
  std::string name;
  bool passed = false;
  std::string text;  // what was expected and what came, where it failed
};

/// Runs each [[test]] of one file against a fresh set of the rules, and adds what conditions were to `conditions`,
/// which is empty or of the same rules. Diagnostics where either does not load.
[[nodiscard]] std::expected<std::vector<test_outcome>, diagnostics> run_tests(
    const rule_source& tests, std::span<const rule_source> rules, table_files files = no_table_files{},
    std::vector<condition_counts>* conditions = nullptr);

}  // namespace perigee::rules
