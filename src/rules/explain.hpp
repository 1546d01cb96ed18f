#pragma once
// What a rule does with a message, step by step.

#include <expected>
#include <string>

#include "base/diagnostic.hpp"
#include "rules/rule_set.hpp"

namespace perigee::rules {

/// The plan of a rule, a line for each step: where its messages come from, what is read of them, what it remembers and
/// how much at most, what lets through, and what is done. With what each step did, where `did` is given.
[[nodiscard]] std::expected<std::string, diagnostics> explain(const rule_source& rule,
                                                              table_files files = no_table_files{},
                                                              const rule_stats* did = nullptr);

}  // namespace perigee::rules
