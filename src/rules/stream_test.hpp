#pragma once
// For tests of rules over several messages: one rule, messages at their seconds, and what it stored.

#include <gtest/gtest.h>

#include <format>
#include <string>
#include <vector>

#include "rules/recorder_test.hpp"
#include "rules/rule_set.hpp"

namespace perigee::rules::testing {

using lines = std::vector<std::string>;

inline constexpr std::int64_t second = 1'000'000'000;
inline constexpr std::int64_t start = 1'764'000'000 * second;  // a multiple of every window here

inline std::string rule_text(std::string_view select, std::string_view header = "") {
  return std::format("/*\n{}[[action]]\nstore = \"out\"\n*/\n{}", header, select);
}

inline rule_set load(std::string_view select, std::string_view header = "") {
  auto set = rule_set::load(std::vector<rule_source>{{"r.rule.sql", rule_text(select, header)}});
  if (!set) ADD_FAILURE() << render_all(set.error());
  return set ? std::move(*set) : *rule_set::load({});
}

struct message {
  std::int64_t at;  // seconds
  std::string topic;
  std::string payload;
};

inline void feed(rule_set& set, const message& m, recorder& out) {
  const timestamp at{start + m.at * second};
  set.advance(0, at, out);
  set.apply({m.topic, as_bytes(m.payload), at, log_offset(1), {}, at}, out);
}

inline lines decided(rule_set& set, const std::vector<message>& all, std::int64_t until) {
  recorder out;
  for (const auto& one : all) feed(set, one, out);
  set.advance(0, timestamp{start + until * second}, out);
  return out.lines;
}

}  // namespace perigee::rules::testing
