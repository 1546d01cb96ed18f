#include <algorithm>
#include <format>

#include "base/rules_limits.hpp"
#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/junit_text.hpp"
#include "io/file.hpp"
#include "node/prepare.hpp"
#include "rules/test_file.hpp"

namespace perigee::cli {
namespace {

result<std::vector<rules::rule_source>> read_all(const std::string& folder, std::string_view suffix) {
  auto& disk = io::real_disk();
  std::vector<rules::rule_source> out;
  PG_TRY(const auto names, disk.list(folder));
  for (const auto& name : names) {
    if (!name.ends_with(suffix)) continue;
    const auto path = folder + "/" + name;
    PG_TRY(const auto bytes, io::read_whole(disk, path, limits::rule_file_bytes_max));
    out.push_back({path, std::string(as_text(bytes))});
  }
  return out;
}

struct test_run {
  std::vector<tested_file> files;
  std::vector<rules::condition_counts> conditions;
  bool with_coverage = false;

  [[nodiscard]] std::size_t count(bool passed) const {
    std::size_t out = 0;
    for (const auto& file : files) {
      out += static_cast<std::size_t>(std::ranges::count(file.outcomes, passed, &rules::test_outcome::passed));
    }
    return out;
  }
};

bool is_covered(const rules::condition_counts& c) { return c.trues != 0 && c.falses != 0; }

std::string text_of(const rules::condition_counts& c) {
  const auto* never = c.trues + c.falses == 0 ? "never true nor false" : c.trues == 0 ? "never true" : "never false";
  return std::format("{}:{}:{}: {}: {}\n", c.file, c.line, c.column, never, c.text);
}

std::string to_text(const test_run& of) {
  std::string out;
  for (const auto& file : of.files) {
    for (const auto& one : file.outcomes) {
      out += std::format("{} {}: {}\n{}", one.passed ? "pass" : "FAIL", file.file, one.name,
                         one.passed ? "" : one.text + "\n");
    }
  }
  if (of.with_coverage) {
    for (const auto& one : of.conditions) out += is_covered(one) ? "" : text_of(one);
    out += std::format("{} of {} conditions were both true and false\n",
                       std::ranges::count_if(of.conditions, is_covered), of.conditions.size());
  }
  return out + std::format("{} passed, {} failed\n", of.count(true), of.count(false));
}

std::string to_json(const test_run& of) {
  std::string tests;
  for (const auto& file : of.files) {
    for (const auto& one : file.outcomes) {
      tests += std::format(R"({}{{"file":{},"name":{},"passed":{},"text":{}}})", tests.empty() ? "" : ",",
                           json_text(file.file), json_text(one.name), one.passed, json_text(one.text));
    }
  }
  std::string conditions;
  for (const auto& c : of.conditions) {
    conditions += std::format(R"({}{{"file":{},"line":{},"column":{},"text":{},"true":{},"false":{},"null":{}}})",
                              conditions.empty() ? "" : ",", json_text(c.file), c.line, c.column, json_text(c.text),
                              c.trues, c.falses, c.nulls);
  }
  return std::format(R"({{"passed":{},"failed":{},"tests":[{}]{}}})", of.count(true), of.count(false), tests,
                     of.with_coverage ? std::format(R"(,"conditions":[{}])", conditions) : "") +
         "\n";
}

}  // namespace

exit_code run_test(const invocation& called) {
  const auto folder = *called.text("folder");
  const auto rules = read_all(folder, ".rule.sql");
  const auto tests = read_all(folder, ".test.toml");
  if (!rules || !tests) {
    complain(std::format("perigee test: {}: {}\n", folder, (rules ? tests.error() : rules.error()).text()));
    return exit_code::unavailable;
  }
  test_run all;
  all.with_coverage = called.has("--coverage");
  for (const auto& test : *tests) {
    auto outcomes = rules::run_tests(test, *rules, node::table_files_on{io::real_disk()},
                                     all.with_coverage ? &all.conditions : nullptr);
    if (!outcomes) {
      complain(render_all(outcomes.error()));
      return exit_code::config;
    }
    all.files.push_back({test.file, std::move(*outcomes)});
  }
  print(called.json() ? to_json(all) : to_text(all));
  if (const auto file = called.text("--junit")) {
    const auto text = junit_text(all.files);
    const auto written = io::write_whole(io::real_disk(), *file, as_bytes(text));
    if (!written) {
      complain(std::format("perigee test: {}: {}\n", *file, written.error().text()));
      return exit_code::unavailable;
    }
  }
  return all.count(false) == 0 ? exit_code::ok : exit_code::failed;
}

}  // namespace perigee::cli
