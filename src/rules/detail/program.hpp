#pragma once
// A rule's expressions in the form that runs: flat arrays, names resolved to slots, types checked as far as they are
// known.

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rules/detail/analytic.hpp"
#include "rules/detail/functions.hpp"
#include "rules/detail/syntax.hpp"
#include "rules/detail/value.hpp"

namespace perigee::rules::detail {

using node_id = std::uint32_t;

/// Moves but is not copied: constants view its own texts.
struct program {
  struct node {
    op code = op::constant;
    value_type type = value_type::any;  // cast: to what
    std::uint16_t count = 0;            // of operands
    std::uint32_t first = 0;            // of operands; constant: its place; field: its slot
    const function* callee = nullptr;   // call
    const prepared* ready = nullptr;    // call: what it made of its constants
  };

  struct aggregate_call {
    aggregate_kind kind = aggregate_kind::count;
    node_id argument = 0;
    double parameter = 0;
  };

  struct analytic_call {
    analytic_kind kind = analytic_kind::lag;
    std::size_t depth = 1;  // lag
    std::vector<node_id> arguments;
    std::vector<node_id> partition;
    std::optional<node_id> when{};
  };

  /// A column that some expression asks for.
  struct joined_column {
    std::uint32_t join = 0;    // by the place in the rule
    std::uint32_t column = 0;  // by the place in the table
    bool operator==(const joined_column&) const = default;
  };

  /// A condition and where it stands in the file.
  struct watched_condition {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::string text;
  };

  std::vector<node> nodes;
  std::vector<analytic_call> analytics;    // one may be an argument of those behind it
  std::vector<aggregate_call> aggregates;  // of a rule with a window
  std::vector<joined_column> joined;
  std::vector<std::vector<node_id>> captures;  // of each stream that is joined: what is kept of its messages
  std::vector<watched_condition> watched;      // none where conditions are not counted
  std::vector<node_id> operands;
  std::vector<value> constants;
  std::deque<std::string> texts;  // what constants of kind text and json view
  std::vector<std::unique_ptr<prepared>> ready;

  program() = default;
  program(program&&) = default;
  program& operator=(program&&) = default;
  program(const program&) = delete;
  program& operator=(const program&) = delete;
  ~program() = default;

  [[nodiscard]] std::span<const node_id> operands_of(const node& n) const {
    return std::span(operands).subspan(n.first, n.count);
  }
};

/// Never fails: what cannot be computed is NULL and counted.
[[nodiscard]] value evaluate(const program& code, node_id at, const evaluation& with);

}  // namespace perigee::rules::detail
