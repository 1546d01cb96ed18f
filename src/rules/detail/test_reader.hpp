#pragma once
// *.test.toml to test cases. docs/rules.md.

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/time.hpp"
#include "rules/detail/expectation.hpp"
#include "rules/rule_set.hpp"

namespace perigee::rules::detail {

struct test_input {
  std::string topic;
  std::string payload;
  timestamp at{};
};

struct test_case {
  std::string name;
  std::vector<test_input> inputs;
  std::optional<timestamp> until{};  // time goes on after the last of them
  std::vector<expectation> expected;
};

[[nodiscard]] std::expected<std::vector<test_case>, diagnostics> read_tests(const rule_source& source);

}  // namespace perigee::rules::detail
