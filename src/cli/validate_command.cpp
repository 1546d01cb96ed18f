#include <algorithm>
#include <filesystem>
#include <format>

#include "cli/command.hpp"
#include "cli/console.hpp"
#include "node/prepare.hpp"
#include "rules/rule_set.hpp"

namespace perigee::cli {
namespace {

diagnostic unreadable(const std::string& file, const error& why) {
  return {.code = "P0100", .file = file, .message = "the file cannot be read", .help = why.text(), .excerpt = {}};
}

diagnostics check_rule(const std::string& file) {
  const auto bytes = io::read_whole(io::real_disk(), file, 1U << 20);
  if (!bytes) return {unreadable(file, bytes.error())};
  const rules::rule_source source{file, std::string(as_text(*bytes))};
  auto loaded = rules::rule_set::load(std::span(&source, 1), node::table_files_on{io::real_disk()});
  return loaded ? diagnostics{} : std::move(loaded).error();
}

/// A CSV as a replay with nothing said about it.
diagnostics check_csv(const std::string& file) {
  node::config alone;
  alone.replays.push_back(
      {.name = "csv", .file = file, .topic = "csv", .time_column = {}, .time_format = {}, .columns = {}});
  auto prepared = node::prepare(alone, io::real_disk());
  return prepared ? diagnostics{} : std::move(prepared).error();
}

/// A configuration with the rules and CSV files that it names.
diagnostics check_config(const std::string& file) {
  const auto chosen = node::load_config(file);
  if (!chosen) return chosen.error();
  auto prepared = node::prepare(*chosen, io::real_disk());
  return prepared ? diagnostics{} : std::move(prepared).error();
}

diagnostics check(const std::string& file) {
  if (file.ends_with(".rule.sql")) return check_rule(file);
  if (file.ends_with(".csv")) return check_csv(file);
  return check_config(file);
}

std::string to_json(const diagnostics& all) {
  std::string out = "[";
  for (const auto& one : all) {
    out += std::format(R"({}{{"code":{},"file":{},"line":{},"column":{},"length":{},"message":{},"help":{}}})",
                       out.size() == 1 ? "" : ",", json_text(one.code), json_text(one.file), one.line, one.column,
                       one.length, json_text(one.message), json_text(one.help));
  }
  return out + "]";
}

}  // namespace

exit_code run_validate(const invocation& called) {
  diagnostics all;
  for (const auto& file : called.all("file")) {
    auto found = check(file);
    if (found.empty() && !called.json()) print(file + ": good\n");
    std::ranges::move(found, std::back_inserter(all));
  }
  if (called.json()) {
    print(std::format("{{\"good\":{},\"errors\":{}}}\n", all.empty(), to_json(all)));
  } else {
    complain(render_all(all));
  }
  return all.empty() ? exit_code::ok : exit_code::config;
}

}  // namespace perigee::cli
