#include "rules/test_file.hpp"

#include <format>

#include "rules/detail/expectation.hpp"
#include "rules/detail/test_reader.hpp"

namespace perigee::rules {
namespace {

test_outcome run(const detail::test_case& test, rule_set& rules) {
  detail::action_log came;
  for (const auto& input : test.inputs) {
    rules.advance(0, input.at, came);
    const event e{input.topic, as_bytes(input.payload), input.at, {}};
    rules.decide_at_once(e, came);
    rules.apply(e, came);
  }
  if (test.until) rules.advance(0, *test.until, came);
  test_outcome out{test.name, came.actions.size() == test.expected.size(), {}};
  for (std::size_t i = 0; out.passed && i < test.expected.size(); ++i) {
    out.passed = detail::matches(test.expected[i], came.actions[i]);
  }
  if (out.passed) return out;
  out.text = "  expected:\n";
  for (const auto& one : test.expected) out.text += std::format("    {}\n", detail::described(one));
  out.text += "  came:\n";
  for (const auto& one : came.actions) out.text += std::format("    {}\n", detail::described(one));
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto stats = rules.stats(i);
    if (stats.last_error) out.text += std::format("  {} failed on an input: {}\n", stats.name, stats.last_error->what);
  }
  return out;
}

void add(std::vector<condition_counts>& sum, std::vector<condition_counts> more) {
  if (sum.empty()) {
    sum = std::move(more);
    return;
  }
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum[i].trues += more[i].trues;
    sum[i].falses += more[i].falses;
    sum[i].nulls += more[i].nulls;
  }
}

}  // namespace

std::expected<std::vector<test_outcome>, diagnostics> run_tests(const rule_source& tests,
                                                                std::span<const rule_source> rules, table_files files,
                                                                std::vector<condition_counts>* conditions) {
  auto cases = detail::read_tests(tests);
  if (!cases) return std::unexpected(std::move(cases).error());
  std::vector<test_outcome> out;
  for (const auto& one : *cases) {
    auto set = rule_set::load(rules, files, nullptr, conditions != nullptr ? counting::on : counting::off);
    if (!set) return std::unexpected(std::move(set).error());
    out.push_back(run(one, *set));
    if (conditions != nullptr) add(*conditions, set->conditions());
  }
  return out;
}

}  // namespace perigee::rules
