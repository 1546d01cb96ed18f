#include "node/prepare.hpp"

#include <algorithm>
#include <format>

#include "base/rules_limits.hpp"
#include "node/deliveries.hpp"

namespace perigee::node {
namespace {

using namespace doors::replay;

constexpr std::string_view rule_suffix = ".rule.sql";

/// A file of the disk as a replay reads it.
class file_source final : public csv::byte_source {
 public:
  explicit file_source(std::unique_ptr<io::file> of) : of_(std::move(of)) {}
  result<std::size_t> read_at(std::uint64_t position, byte_span into) override { return of_->read_at(position, into); }

 private:
  std::unique_ptr<io::file> of_;
};

diagnostic unreadable(const std::string& file, const error& why) {
  diagnostic d;
  d.code = "P0190";
  d.file = file;
  d.message = std::format("cannot be read: {}", why.text());
  return d;
}

replay_options options_of(const replay_config& from) {
  replay_options out;
  out.name = from.name;
  out.file = from.file;
  out.topic = from.topic;
  out.speed = from.speed;
  out.loop = from.loop;
  out.time =
      from.time == node::replay_time::now ? doors::replay::replay_time::now : doors::replay::replay_time::original;
  out.time_column = from.time_column;
  out.time_format = from.time_format;
  for (const auto& c : from.columns) out.columns.push_back({c.name, c.metric, c.unit, c.decimals});
  return out;
}

void prepare_replay(const replay_config& from, io::disk& on, std::vector<prepared_replay>& out, diagnostics& wrong) {
  auto opened = on.open(from.file, io::open_mode::read);
  if (!opened) return wrong.push_back(unreadable(from.file, opened.error()));
  auto file = std::make_unique<file_source>(std::move(*opened));
  auto options = options_of(from);
  auto summary = check_file(*file, options);
  if (!summary) {
    wrong.insert(wrong.end(), summary.error().begin(), summary.error().end());
    return;
  }
  out.push_back({std::move(options), std::move(file), std::move(*summary)});
}

}  // namespace

std::expected<std::vector<rules::rule_source>, diagnostics> read_rules(const std::string& folder, io::disk& on) {
  const auto names = on.list(folder);
  if (!names) return std::unexpected(diagnostics{unreadable(folder, names.error())});
  std::vector<rules::rule_source> out;
  diagnostics wrong;
  for (const auto& name : *names) {
    if (!name.ends_with(rule_suffix)) continue;
    const auto path = std::format("{}/{}", folder, name);
    const auto bytes = io::read_whole(on, path, limits::rule_file_bytes_max);
    if (bytes) {
      out.push_back({path, std::string(as_text(*bytes))});
    } else {
      wrong.push_back(unreadable(path, bytes.error()));
    }
  }
  if (!wrong.empty()) return std::unexpected(std::move(wrong));
  return out;
}

result<std::string> table_files_on::operator()(const std::string& path) const {
  PG_TRY(const auto bytes, io::read_whole(disk, path, limits::rule_table_file_bytes_max));
  return std::string(as_text(bytes));
}

std::expected<prepared, diagnostics> prepare(const config& from, io::disk& on) {
  diagnostics wrong;
  std::vector<rules::rule_source> sources;
  if (from.rules_folder) {
    auto read = read_rules(*from.rules_folder, on);
    if (read) {
      sources = *std::move(read);
    } else {
      wrong = std::move(read.error());
    }
  }
  const auto known = destinations_of(from);
  auto rules = rules::rule_set::load(sources, table_files_on{on}, &known);
  if (!rules) wrong.insert(wrong.end(), rules.error().begin(), rules.error().end());
  std::vector<prepared_replay> replays;
  for (const auto& each : from.replays) prepare_replay(each, on, replays, wrong);
  std::shared_ptr<const access_lists> access;
  if (from.access) {
    auto read = read_access(*from.access, on);
    if (read) {
      access = std::move(*read);
    } else {
      std::ranges::move(read.error(), std::back_inserter(wrong));
    }
  }
  if (!wrong.empty()) return std::unexpected(std::move(wrong));
  return prepared{std::move(*rules), std::move(replays), std::move(access)};
}

}  // namespace perigee::node
