// What rules say about a recorded series, row by row, at the engine: the times of the rows are the only clock, and the
// rules are those of the files, as a node would load them.
//
//   rule_scores RULES SERIES.csv
//
// RULES is a folder of *.rule.sql. Each row `timestamp,value` behind the header line goes in as a message
// {"value":...} of the topic "series". A rule scores the row by `store = "score"`, with a number as payload. Prints the
// score of each row, a line each; 0 where no rule says one.

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <format>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "rules/rule_set.hpp"

namespace {

using namespace perigee;

constexpr std::string_view rule_suffix = ".rule.sql";

[[noreturn]] void give_up(std::string_view why) {
  std::fprintf(stderr, "rule_scores: %.*s\n", static_cast<int>(why.size()), why.data());
  std::exit(1);
}

/// In the order of their names, as a node takes them.
std::vector<rules::rule_source> read_rules(const std::filesystem::path& folder) {
  std::vector<rules::rule_source> out;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    const auto name = entry.path().filename().string();
    if (!name.ends_with(rule_suffix)) continue;
    std::ifstream in(entry.path());
    out.push_back({name, {std::istreambuf_iterator<char>(in), {}}});
  }
  if (out.empty()) give_up(std::format("no rules in '{}'", folder.string()));
  std::ranges::sort(out, {}, &rules::rule_source::file);
  return out;
}

class scored : public rules::action_sink {
 public:
  void on_publish(const rules::publish_action&) override { give_up("a rule publishes; here they store scores"); }
  void on_alarm(const rules::alarm_action&) override { give_up("a rule raises an alarm; here they store scores"); }
  void on_store(const rules::store_action& action) override {
    const auto text = as_text(action.payload);
    double score = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), score);
    if (action.topic != "score" || error != std::errc{} || end != text.data() + text.size()) {
      give_up(std::format("the rule {} stores '{}' as '{}', which is no score", action.rule, text, action.topic));
    }
    highest = std::max(highest, score);
  }

  double highest = 0;  // of this row
};

struct reading {
  timestamp at;
  std::string payload;
};

/// "2014-04-01 00:00:00,20.5": in UTC, the value as it is written.
reading parse(const std::string& line) {
  const auto comma = line.find(',');
  const auto at = from_iso8601(line.substr(0, comma));
  if (!at || comma == std::string::npos) give_up(std::format("'{}' is not a row of timestamp and value", line));
  return {*at, std::format(R"({{"value":{}}})", line.substr(comma + 1))};
}

void print_scores(rules::rule_set& set, std::istream& rows) {
  std::string line;
  std::getline(rows, line);  // the names of the columns
  for (std::uint64_t row = 0; std::getline(rows, line); ++row) {
    const auto [at, payload] = parse(line);
    scored row_score;
    set.advance(0, at, row_score);
    set.apply({"series", as_bytes(payload), at, log_offset(row), {}, at}, row_score);
    std::puts(std::format("{}", row_score.highest).c_str());
  }
}

/// A rule that forgot something, or could not compute, would score as if it had not.
void check(const rules::rule_set& set) {
  for (std::size_t i = 0; i < set.size(); ++i) {
    const auto stats = set.stats(i);
    if (stats.errors + stats.evicted + stats.dropped + stats.late == 0) continue;
    give_up(std::format("the rule {}: {} errors ({}), {} forgotten, {} dropped, {} late", stats.name, stats.errors,
                        stats.last_error ? stats.last_error->what : "", stats.evicted, stats.dropped, stats.late));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) give_up("name a folder of rules and a file of rows");
  auto set = rules::rule_set::load(read_rules(argv[1]));
  if (!set) give_up(render_all(set.error()));
  std::ifstream rows(argv[2]);
  if (!rows) give_up(std::format("'{}' cannot be read", argv[2]));
  print_scores(*set, rows);
  check(*set);
  return 0;
}
