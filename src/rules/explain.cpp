#include "rules/explain.hpp"

#include <format>

#include "base/rules_limits.hpp"
#include "rules/detail/expression_text.hpp"
#include "rules/detail/parser.hpp"
#include "rules/detail/rule_plan.hpp"

namespace perigee::rules {
namespace {

using namespace detail;

std::string spelled(std::chrono::nanoseconds length) {
  constexpr std::int64_t ns_per_ms = 1'000'000;
  constexpr std::int64_t ns_per_s = 1'000 * ns_per_ms;
  const auto ns = length.count();
  return ns % ns_per_s == 0 ? std::format("{} s", ns / ns_per_s) : std::format("{} ms", ns / ns_per_ms);
}

std::string mebibytes(std::uint64_t bytes) { return std::format("{} MiB", bytes >> 20); }

void collect(const field_tree::node& at, const std::string& path, std::vector<std::string>& out) {
  if (at.slot) out.push_back(path);
  for (const auto& one : at.members) {
    const auto& name = std::get<std::string>(one->step);
    collect(*one, path.empty() ? name : path + "." + name, out);
  }
  for (const auto& one : at.elements) {
    collect(*one, std::format("{}[{}]", path, std::get<std::uint32_t>(one->step)), out);
  }
}

std::string joined(std::span<const std::string> all) {
  std::string out;
  for (const auto& one : all) out += (out.empty() ? "" : ", ") + one;
  return out;
}

class explanation {
 public:
  explanation(std::string_view source, const rule_header& header, const select_statement& select, const rule_plan& plan,
              const rule_stats* did)
      : source_(source), header_(header), select_(select), plan_(plan), did_(did) {}

  std::string run(const field_tree& fields, const table_list& tables) {
    out_ = std::format("rule {} ({})\n", plan_.name, plan_.file);
    line("from", joined(plan_.filters), did_ ? std::format("{} messages", did_->seen) : "");
    std::vector<std::string> read;
    collect(fields.root(), "", read);
    if (plan_.star) read.insert(read.begin(), "the whole payload");
    line("read", read.empty() ? "nothing of the payload" : joined(read));
    time();
    for (std::size_t i = 0; i < plan_.joins.size(); ++i) join(i, tables);
    remember();
    if (select_.where) line("where", text(*select_.where), did_ ? std::format("{} passed", did_->matched) : "");
    if (plan_.hold) line("for", spelled(plan_.hold->duration) + (plan_.hold->partition.empty() ? ", by topic" : ""));
    if (plan_.window) window();
    if (plan_.pairs) pairs();
    if (plan_.match) match();
    std::vector<std::string> columns;
    if (select_.star) columns.emplace_back("*");
    for (const auto& one : select_.columns) columns.push_back(one.name);
    line("select", joined(columns));
    for (const auto& one : header_.actions) line(name_of(one.kind), one.target.text);
    if (did_) figures();
    return std::move(out_);
  }

 private:
  void line(std::string_view step, std::string_view what, std::string_view did = {}) {
    out_ += std::format("  {:<9} {}{}{}\n", step, what, did.empty() ? "" : "  -> ", did);
  }

  [[nodiscard]] std::string text(expression_id id) const { return std::string(text_of(source_, select_.pool[id])); }

  void time() {
    if (!plan_.window && !plan_.hold && !plan_.pairs && !plan_.match && plan_.code.analytics.empty()) return;
    auto what = header_.time ? header_.time->text : std::string("when this node's journal took it");
    if (plan_.time.lateness.count() != 0) what += ", up to " + spelled(plan_.time.lateness) + " late";
    line("time", what, did_ && did_->late != 0 ? std::format("{} late", did_->late) : "");
  }

  void join(std::size_t at, const table_list& tables) {
    const auto& table = tables.at(plan_.joins[at].table);
    const auto rows = table.file ? std::format("{} rows of {}", table.file->size(), table.declared.file->text)
                                 : std::format("rows that rules write, {} each, at most {}",
                                               spelled(table.declared.ttl), limits::rule_groups_max);
    line(plan_.joins[at].left ? "left join" : "join",
         std::format("{} on {}: {}", table.name(), text(select_.joins[at].on), rows),
         did_ && !plan_.joins[at].left ? std::format("{} without a row", did_->unjoined) : "");
  }

  void remember() {
    for (std::size_t i = 0; i < plan_.code.analytics.size(); ++i) {
      const auto& call = plan_.code.analytics[i];
      line("remember", std::format("{}: {}, at most {} keys and {}", name_of_kind(call.kind),
                                   call.partition.empty() ? "of all messages" : "by key", limits::rule_groups_max,
                                   mebibytes(limits::rule_window_bytes_max)));
    }
  }

  static std::string_view name_of_kind(analytic_kind kind) {
    for (const auto& one : analytic_functions()) {
      if (one.kind == kind) return one.name;
    }
    return "?";
  }

  void window() {
    const auto& spec = plan_.window->spec;
    std::string what;
    switch (spec.kind) {
      case window_kind::tumbling: what = std::format("tumbling, {}", spelled(spec.size)); break;
      case window_kind::hopping: {
        const auto pane = pane_of(spec);
        what = std::format("hopping, {} every {}, of {} parts of {}", spelled(spec.size), spelled(spec.hop),
                           spec.size / pane, spelled(pane));
        break;
      }
      case window_kind::sliding: what = std::format("sliding, {}", spelled(spec.size)); break;
      case window_kind::session:
        what = std::format("session, {} at most, ended by {} of silence", spelled(spec.size), spelled(spec.timeout));
        break;
      case window_kind::count: what = std::format("{} messages, told every {}", spec.count, spec.every); break;
    }
    what +=
        std::format("; at most {} groups and {}", limits::rule_groups_max, mebibytes(limits::rule_window_bytes_max));
    line("window", what);
    if (select_.window->filter) line("filter", text(*select_.window->filter));
    std::vector<std::string> keys;
    for (const auto key : select_.group_by) keys.push_back(text(key));
    if (!keys.empty()) line("group by", joined(keys));
    if (select_.having) line("having", text(*select_.having));
  }

  void pairs() {
    const auto& of = *plan_.pairs;
    const auto& spec = of.spec;
    line(of.left ? "left join" : "join", std::format("{} on {}", select_.joins[0].alias, text(select_.joins[0].on)));
    line("window",
         std::format("{} every {}; at most {} messages and {}, {} pairs", spelled(spec.size), spelled(spec.hop),
                     limits::rule_pair_rows_max, mebibytes(limits::rule_window_bytes_max), limits::rule_pairs_max));
  }

  void match() {
    std::string what;
    for (const auto& one : select_.match->steps) {
      what += std::format("{}{}{}", what.empty() ? "" : " then ", one.negated ? "not " : one.name + ": ",
                          text(one.condition));
    }
    line("match", std::format("{}, within {}{}; at most {} keys and {}", what, spelled(plan_.match->within),
                              plan_.match->partition.empty() ? ", by topic" : "", limits::rule_groups_max,
                              mebibytes(limits::rule_window_bytes_max)));
  }

  void figures() {
    line("did", std::format("{} actions, {} dropped, {} errors", did_->actions, did_->dropped, did_->errors));
    if (plan_.window || plan_.hold || plan_.pairs || plan_.match || !plan_.code.analytics.empty()) {
      line("holds", std::format("{} keys, {} bytes; {} forgotten", did_->groups, did_->state_bytes, did_->evicted));
    }
    if (did_->last_error) line("error", std::format("{} ({})", did_->last_error->what, did_->last_error->topic));
  }

  std::string_view source_;
  const rule_header& header_;
  const select_statement& select_;
  const rule_plan& plan_;
  const rule_stats* did_;
  std::string out_;
};

}  // namespace

std::expected<std::string, diagnostics> explain(const rule_source& rule, table_files files, const rule_stats* did) {
  diagnostics found;
  problems wrong({rule.file, rule.text}, found);
  field_tree fields;
  table_list tables(files);
  const auto plan = compile_rule(fields, tables, nullptr, counting::off, wrong);
  if (!found.empty()) return std::unexpected(std::move(found));
  // It compiles, so each of its parts can be read by itself.
  const auto header = parse_header(wrong);
  const auto select = parse_select(header->body, wrong);
  return explanation(rule.text, *header, select, plan, did).run(fields, tables);
}

}  // namespace perigee::rules
