#include "rules/rule_set.hpp"

#include <algorithm>
#include <format>
#include <tuple>
#include <unordered_set>

#include "base/rules_limits.hpp"
#include "rules/detail/engine.hpp"

namespace perigee::rules {

std::string_view name_of(severity s) {
  switch (s) {
    case severity::info: return "info";
    case severity::warning: return "warning";
    case severity::critical: return "critical";
  }
  return "unknown";
}

rule_set::rule_set(std::unique_ptr<detail::engine> engine) : engine_(std::move(engine)) {}
rule_set::rule_set(rule_set&&) noexcept = default;
rule_set& rule_set::operator=(rule_set&&) noexcept = default;
rule_set::~rule_set() = default;

result<std::string> no_table_files::operator()(const std::string&) const {
  return fail(errc::not_found, "there are no files here");
}

std::expected<rule_set, diagnostics> rule_set::load(std::span<const rule_source> sources, table_files files,
                                                    const destinations* known, counting conditions) {
  diagnostics wrong;
  detail::table_list tables(files);
  detail::field_tree fields;
  std::vector<detail::rule_plan> plans;
  std::unordered_set<std::string> names;
  for (const auto& source : sources) {
    detail::problems of_file({source.file, source.text}, wrong);
    if (plans.size() == limits::rules_max) {
      of_file.add({}, "P0212", std::format("more than {} rules", limits::rules_max));
      break;
    }
    const auto first_of_file = static_cast<std::ptrdiff_t>(wrong.size());
    auto plan = detail::compile_rule(fields, tables, known, conditions, of_file);
    std::stable_sort(wrong.begin() + first_of_file, wrong.end(), [](const auto& a, const auto& b) {
      return std::tie(a.file, a.line, a.column) < std::tie(b.file, b.line, b.column);
    });
    const bool taken = !names.insert(plan.name).second;
    if (taken && !of_file.any()) {
      of_file.add({}, "P0220", std::format("another file holds a rule '{}' too", plan.name),
                  "give one of them another `name`");
    }
    plans.push_back(std::move(plan));
  }
  if (!wrong.empty()) return std::unexpected(std::move(wrong));
  return rule_set(std::make_unique<detail::engine>(std::move(plans), std::move(fields), tables.take()));
}

void rule_set::apply(const event& e, action_sink& out) { engine_->apply(e, out); }
void rule_set::decide_at_once(const event& e, action_sink& out) { engine_->decide_at_once(e, out); }
bool rule_set::has_interlocks() const { return engine_->has_interlocks(); }
bool rule_set::wants(std::string_view topic) const { return engine_->wants(topic); }
std::size_t rule_set::size() const { return engine_->size(); }
rule_stats rule_set::stats(std::size_t rule) const { return engine_->stats(rule); }
std::vector<table_stats> rule_set::tables() const { return engine_->table_figures(); }
std::vector<condition_counts> rule_set::conditions() const { return engine_->conditions(); }
std::size_t rule_set::alarms_raised() const { return engine_->alarms().raised(); }
std::uint64_t rule_set::version() const { return engine_->version(); }
void rule_set::snapshot(byte_buffer& out) const { engine_->encode(out); }

void rule_set::advance(std::uint8_t lane, timestamp now, action_sink& out) { engine_->advance(lane, now, out); }
std::optional<timestamp> rule_set::next_deadline(std::uint8_t lane) const { return engine_->next_deadline(lane); }

result<> rule_set::take_over(const rule_set& from, timestamp now, action_sink& out) {
  byte_buffer remembered;
  from.snapshot(remembered);
  PG_TRY_VOID(restore(remembered, now, out));
  engine_->take_counts(*from.engine_);
  return {};
}

result<> rule_set::restore(byte_view snapshot, timestamp now, action_sink& out) {
  return engine_->restore(snapshot, now, out);
}

}  // namespace perigee::rules
