#include <algorithm>
#include <format>

#include "base/rules_limits.hpp"
#include "cli/command.hpp"
#include "cli/console.hpp"
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

struct tally {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::string json;
};

void note(tally& into, const std::string& file, const rules::test_outcome& outcome, bool json) {
  ++(outcome.passed ? into.passed : into.failed);
  if (json) {
    into.json += std::format(R"({}{{"file":{},"name":{},"passed":{},"text":{}}})", into.json.empty() ? "" : ",",
                             json_text(file), json_text(outcome.name), outcome.passed, json_text(outcome.text));
  } else {
    print(std::format("{} {}: {}\n{}", outcome.passed ? "pass" : "FAIL", file, outcome.name,
                      outcome.passed ? "" : outcome.text + "\n"));
  }
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
  tally all;
  for (const auto& test : *tests) {
    const auto outcomes = rules::run_tests(test, *rules, node::table_files_on{io::real_disk()});
    if (!outcomes) {
      complain(render_all(outcomes.error()));
      return exit_code::config;
    }
    for (const auto& outcome : *outcomes) note(all, test.file, outcome, called.json());
  }
  if (called.json()) {
    print(std::format(R"({{"passed":{},"failed":{},"tests":[{}]}})", all.passed, all.failed, all.json) + "\n");
  } else {
    print(std::format("{} passed, {} failed\n", all.passed, all.failed));
  }
  return all.failed == 0 ? exit_code::ok : exit_code::failed;
}

}  // namespace perigee::cli
