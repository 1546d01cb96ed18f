#include "rules/detail/parser.hpp"

#include <algorithm>
#include <array>

#include "base/rules_limits.hpp"
#include "rules/detail/expression_parser.hpp"
#include "rules/detail/window_parser.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::rules::detail {
namespace {

struct later_clause {
  std::string_view word;
  std::string_view name;
};
constexpr std::array<later_clause, 7> later_clauses{{{"WINDOW", "WINDOW"},
                                                     {"ORDER", "ORDER BY"},
                                                     {"LIMIT", "LIMIT"},
                                                     {"RIGHT", "RIGHT JOIN"},
                                                     {"FULL", "FULL JOIN"},
                                                     {"CROSS", "CROSS JOIN"},
                                                     {"UNION", "UNION"}}};

const later_clause* later_clause_at(const token& t) {
  const auto found = std::ranges::find_if(later_clauses, [&](const auto& c) { return t.is_word(c.word); });
  return found == later_clauses.end() ? nullptr : &*found;
}

bool starts_clause(const token& t) {
  constexpr std::array<std::string_view, 8> words{"FROM", "JOIN", "LEFT", "INNER", "MATCH", "WHERE", "GROUP", "HAVING"};
  return std::ranges::any_of(words, [&](auto word) { return t.is_word(word); }) || later_clause_at(t) != nullptr;
}

class statement_parser {
 public:
  statement_parser(located_text in, problems& wrong)
      : tokens_(lex(in, wrong), wrong), wrong_(wrong), expressions_(tokens_, out_.pool) {}

  select_statement run() {
    if (tokens_.expect_word("SELECT")) {
      columns();
    } else {
      skip_to_clause();
    }
    from();
    joins();
    match();
    where();
    group_by();
    having();
    rest();
    return std::move(out_);
  }

 private:
  void columns() {
    if (tokens_.peek().is_word("DISTINCT")) {
      wrong_.add(tokens_.take().where, "P0209", "DISTINCT is not yet in this version");
    }
    do {
      const bool good = tokens_.peek().is("*") ? star() : one_column();
      if (!good || !ends_column()) skip_to_comma();
    } while (tokens_.take_symbol(","));
  }

  bool star() {
    tokens_.take();
    out_.star = true;
    return true;
  }

  bool ends_column() {
    const auto& next = tokens_.peek();
    if (next.is(",") || next.is(";") || next.kind == token_kind::end || starts_clause(next)) return true;
    tokens_.unexpected("',' or FROM");
    return false;
  }

  bool one_column() {
    const auto value = expressions_.expression();
    if (!value) return false;
    column made{*value, {}, out_.pool[*value].where};
    if (tokens_.take_word("AS")) {
      const auto given = name("a name for the column");
      if (!given) return false;
      made.where = given->where;
      made.name = given->text;
    } else if (const auto* last = last_name(out_.pool[*value])) {
      made.name = *last;
    } else {
      wrong_.add(made.where, "P0221", "this column has no name", "add AS and a name");
    }
    add_column(std::move(made));
    return true;
  }

  /// A plain field names its column, an element of an array does not.
  static const std::string* last_name(const expression& e) {
    return e.code == op::field ? std::get_if<std::string>(&e.path.back()) : nullptr;
  }

  void add_column(column made) {
    const bool twice = std::ranges::any_of(out_.columns, [&](const auto& c) { return c.name == made.name; });
    if (twice && !made.name.empty()) {
      wrong_.add(made.where, "P0210", std::format("two columns are named '{}'", made.name), "rename one with AS");
    }
    if (out_.columns.size() == limits::rule_columns_max) {
      wrong_.add(made.where, "P0212", std::format("more than {} columns", limits::rule_columns_max));
    }
    if (out_.columns.size() <= limits::rule_columns_max) out_.columns.push_back(std::move(made));
  }

  void from() {
    if (!tokens_.peek().is_word("FROM")) {
      wrong_.add(tokens_.peek().where, "P0204", "FROM is missing",
                 "add FROM and a topic filter: FROM 'site/+/machine/#'");
      return;
    }
    tokens_.take();
    do {
      one_filter();
      const auto& next = tokens_.peek();
      if (!next.is(",") && !next.is(";") && !next.is_word("AS") && !tokens_.at_end() && !starts_clause(next)) {
        tokens_.unexpected("',' or WHERE");
        skip_to_comma();
      }
    } while (tokens_.take_symbol(","));
    if (!tokens_.take_word("AS")) return;
    if (const auto alias = name("a name for the stream")) {
      out_.from_alias = alias->text;
    } else {
      skip_to_clause();
    }
  }

  void one_filter() {
    const auto& filter = tokens_.peek();
    if (filter.kind != token_kind::text) {
      tokens_.unexpected("a topic filter", "a filter stands in single quotes: FROM 'site/+/machine/#'");
      return skip_to_comma();
    }
    check_filter(filter);
    if (out_.from.size() == limits::rule_filters_max) {
      wrong_.add(filter.where, "P0212", std::format("more than {} filters", limits::rule_filters_max));
    }
    if (out_.from.size() < limits::rule_filters_max) out_.from.push_back({filter.text, filter.where});
    tokens_.take();
  }

  void check_filter(const token& filter) {
    if (wire::mqtt::is_topic_filter(filter.text) && !wire::mqtt::is_shared_filter(filter.text)) return;
    wrong_.add(filter.where, "P0208", std::format("'{}' is not a topic filter", filter.text), filter_help(filter.text));
  }

  void joins() {
    for (;;) {
      const bool left = tokens_.take_word("LEFT");
      const bool outer = left && tokens_.take_word("OUTER");
      const bool inner = !left && tokens_.take_word("INNER");
      if (!left && !outer && !inner && !tokens_.peek().is_word("JOIN")) return;
      if (!tokens_.expect_word("JOIN") || !one_join(left)) skip_to_clause();
    }
  }

  bool one_join(bool left) {
    join_clause made{.left = left, .where = tokens_.peek().where};
    if (tokens_.peek().kind == token_kind::text) {
      check_filter(tokens_.peek());
      made.filter = {tokens_.peek().text, tokens_.peek().where};
      tokens_.take();
    } else if (const auto table = name("a table's name, or a topic filter")) {
      made.table = made.alias = table->text;
    } else {
      return false;
    }
    if (made.filter ? tokens_.expect_word("AS") : tokens_.take_word("AS")) {
      const auto alias = name("another name");
      if (!alias) return false;
      made.alias = alias->text;
    } else if (made.filter) {
      return false;
    }
    if (!tokens_.expect_word("ON")) return false;
    const auto on = expressions_.expression();
    if (!on) return false;
    made.on = *on;
    if (out_.joins.size() == limits::rule_joins_max) {
      wrong_.add(made.where, "P0212", std::format("more than {} tables joined", limits::rule_joins_max));
      return true;
    }
    out_.joins.push_back(std::move(made));
    return true;
  }

  void match() {
    const auto start = tokens_.peek().where;
    if (!tokens_.take_word("MATCH")) return;
    auto& made = out_.match.emplace();
    made.where = start;
    do {
      if (!match_step_of(made)) return skip_to_clause();
    } while (tokens_.take_word("THEN"));
    if (!tokens_.expect_word("WITHIN")) return skip_to_clause();
    const auto within = parse_spelled_duration(tokens_);
    if (within) made.within = *within;
    if (!within || !expressions_.over(made.partition, nullptr)) skip_to_clause();
  }

  bool match_step_of(match_clause& into) {
    match_step made{.where = tokens_.peek().where};
    made.negated = tokens_.take_word("NOT");
    if (!made.negated) {
      const auto given = name("a name for the step, or NOT");
      if (!given || !tokens_.expect_word("AS")) return false;
      made.name = given->text;
    }
    const auto condition = expressions_.expression();
    if (!condition) return false;
    made.condition = *condition;
    if (into.steps.size() == limits::rule_steps_max) {
      wrong_.add(made.where, "P0212", std::format("more than {} steps", limits::rule_steps_max));
      return false;
    }
    into.steps.push_back(std::move(made));
    return true;
  }

  /// Of something in this statement: a word that is none of SQL's, or anything in double quotes.
  std::optional<token> name(std::string_view wanted) {
    const auto& next = tokens_.peek();
    if (next.kind == token_kind::quoted || (next.kind == token_kind::word && !is_reserved(next))) return tokens_.take();
    tokens_.unexpected(wanted);
    return std::nullopt;
  }

  static std::string filter_help(std::string_view filter) {
    if (filter.empty()) return "a filter has at least one character; '#' is every topic";
    if (wire::mqtt::is_shared_filter(filter)) return "a rule sees every message; leave $share/<group>/ out";
    return "'+' stands for one whole level, '#' for all that follow and only at the end: 'site/+/machine/#'";
  }

  void where() {
    if (!tokens_.take_word("WHERE")) return;
    out_.where = expressions_.expression();
    if (!out_.where) return skip_to_clause();
    const auto start = tokens_.peek().where;
    if (!tokens_.take_word("FOR")) return;
    const auto duration = parse_spelled_duration(tokens_);
    if (!duration) return skip_to_clause();
    out_.hold = {*duration, start};
    if (!expressions_.over(out_.hold->partition, nullptr)) skip_to_clause();
  }

  void group_by() {
    if (!tokens_.take_word("GROUP")) return;
    if (!tokens_.expect_word("BY")) return skip_to_clause();
    do {
      const auto& next = tokens_.peek();
      if (is_window(next) && tokens_.ahead(1).is("(")) {
        if (!window()) return skip_to_clause();
        continue;
      }
      const auto key = expressions_.expression();
      if (!key) return skip_to_clause();
      if (out_.group_by.size() == limits::rule_group_keys_max) {
        wrong_.add(out_.pool[*key].where, "P0212", std::format("more than {} keys", limits::rule_group_keys_max));
        return skip_to_clause();
      }
      out_.group_by.push_back(*key);
    } while (tokens_.take_symbol(","));
  }

  bool window() {
    const auto start = tokens_.peek().where;
    const auto made = parse_window(tokens_);
    if (!made) {
      // One mistake, one message: the aggregates have their window.
      constexpr std::chrono::seconds some_length{1};
      out_.window = {{.size = some_length, .hop = some_length}, start};
      return false;
    }
    if (out_.window) wrong_.add(start, "P0227", "a rule has one window");
    out_.window = *made;
    if (!tokens_.take_word("FILTER")) return true;
    if (!tokens_.expect_symbol("(") || !tokens_.expect_word("WHERE")) return false;
    out_.window->filter = expressions_.expression();
    return out_.window->filter && tokens_.expect_symbol(")");
  }

  void having() {
    if (!tokens_.take_word("HAVING")) return;
    out_.having = expressions_.expression();
    if (!out_.having) skip_to_clause();
  }

  void rest() {
    while (const auto* clause = later_clause_at(tokens_.peek())) {
      wrong_.add(tokens_.take().where, "P0209", std::format("{} is not yet in this version", clause->name));
      tokens_.take_word("JOIN");
      skip_to_clause();
    }
    tokens_.take_symbol(";");
    if (!tokens_.at_end()) tokens_.unexpected("the end of the rule", "a file holds one SELECT");
  }

  void skip_to_comma() {
    for (int depth = 0; !tokens_.at_end() && !starts_clause(tokens_.peek()); tokens_.take()) {
      if (depth == 0 && tokens_.peek().is(",")) return;
      if (tokens_.peek().is("(")) ++depth;
      if (tokens_.peek().is(")") && depth > 0) --depth;
    }
  }
  void skip_to_clause() {
    while (!tokens_.at_end() && !starts_clause(tokens_.peek())) tokens_.take();
  }

  select_statement out_;
  token_cursor tokens_;
  problems& wrong_;
  expression_parser expressions_;
};

}  // namespace

select_statement parse_select(located_text in, problems& wrong) { return statement_parser(in, wrong).run(); }

std::optional<expression_id> parse_expression(located_text in, expression_pool& pool, problems& wrong) {
  token_cursor tokens(lex(in, wrong), wrong);
  const auto out = expression_parser(tokens, pool).expression();
  if (out && !tokens.at_end()) {
    tokens.unexpected("the end of the expression");
    return std::nullopt;
  }
  return out;
}

}  // namespace perigee::rules::detail
