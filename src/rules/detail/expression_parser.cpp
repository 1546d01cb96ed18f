#include "rules/detail/expression_parser.hpp"

#include <algorithm>
#include <array>

#include "base/rules_limits.hpp"

namespace perigee::rules::detail {
namespace {

struct operator_symbol {
  std::string_view symbol;
  op code;
};
constexpr std::array<operator_symbol, 7> comparisons{{{"=", op::equal},
                                                      {"<>", op::not_equal},
                                                      {"!=", op::not_equal},
                                                      {"<=", op::less_equal},
                                                      {">=", op::greater_equal},
                                                      {"<", op::less},
                                                      {">", op::greater}}};
constexpr std::array<operator_symbol, 3> sums{{{"+", op::add}, {"-", op::subtract}, {"||", op::concat}}};
constexpr std::array<operator_symbol, 3> products{{{"*", op::multiply}, {"/", op::divide}, {"%", op::modulo}}};

constexpr std::array<std::string_view, 30> reserved{
    "SELECT", "FROM",   "WHERE", "AND",   "OR",   "NOT",  "IS",    "NULL",   "BETWEEN", "IN",
    "LIKE",   "CASE",   "WHEN",  "THEN",  "ELSE", "END",  "AS",    "TRUE",   "FALSE",   "CAST",
    "GROUP",  "HAVING", "ORDER", "LIMIT", "JOIN", "LEFT", "INNER", "WINDOW", "UNION",   "DISTINCT"};

struct type_name {
  std::string_view name;
  value_type type;
};
constexpr std::array<type_name, 8> type_names{{{"NUMBER", value_type::number},
                                               {"DOUBLE", value_type::number},
                                               {"INTEGER", value_type::number},
                                               {"TEXT", value_type::text},
                                               {"STRING", value_type::text},
                                               {"VARCHAR", value_type::text},
                                               {"BOOLEAN", value_type::boolean},
                                               {"BOOL", value_type::boolean}}};

std::optional<op> take_operator(token_cursor& tokens, std::span<const operator_symbol> table) {
  for (const auto& one : table) {
    if (tokens.take_symbol(one.symbol)) return one.code;
  }
  return std::nullopt;
}

}  // namespace

bool is_reserved(const token& t) {
  return t.kind == token_kind::word && std::ranges::any_of(reserved, [&](auto word) { return t.is_word(word); });
}

/// Counts how deep the parser stands within itself; the count goes back with it.
class expression_parser::nesting {
 public:
  explicit nesting(expression_parser& of) : of_(of) { ++of_.depth_; }
  ~nesting() { --of_.depth_; }
  nesting(const nesting&) = delete;
  nesting& operator=(const nesting&) = delete;

  [[nodiscard]] bool too_deep() const {
    if (of_.depth_ <= limits::rule_depth_max) return false;
    of_.tokens_.wrong().add(of_.tokens_.peek().where, "P0212",
                            std::format("more than {} levels within each other", limits::rule_depth_max));
    return true;
  }

 private:
  expression_parser& of_;
};

expression_id expression_parser::make(op code, range where, std::vector<expression_id> args) {
  pool_.push_back({.code = code, .where = where, .literal = {}, .name = {}, .path = {}, .args = std::move(args)});
  return static_cast<expression_id>(pool_.size() - 1);
}

expression_id expression_parser::binary(op code, expression_id left, expression_id right) {
  return make(code, place(left).until(place(right)), {left, right});
}

expression_id expression_parser::negated(expression_id of) { return make(op::logic_not, place(of), {of}); }

expression_parser::parsed expression_parser::disjunction() {
  const nesting level(*this);
  if (level.too_deep()) return std::nullopt;
  auto left = conjunction();
  while (left && tokens_.take_word("OR")) {
    const auto right = conjunction();
    if (!right) return std::nullopt;
    left = binary(op::logic_or, *left, *right);
  }
  return left;
}

expression_parser::parsed expression_parser::conjunction() {
  auto left = negation();
  while (left && tokens_.take_word("AND")) {
    const auto right = negation();
    if (!right) return std::nullopt;
    left = binary(op::logic_and, *left, *right);
  }
  return left;
}

expression_parser::parsed expression_parser::negation() {
  const auto start = tokens_.peek().where;
  if (!tokens_.take_word("NOT")) return comparison();
  const nesting level(*this);
  if (level.too_deep()) return std::nullopt;
  const auto inner = negation();
  if (!inner) return std::nullopt;
  return make(op::logic_not, start.until(place(*inner)), {*inner});
}

expression_parser::parsed expression_parser::comparison() {
  auto left = sum();
  if (!left) return std::nullopt;
  if (const auto code = take_operator(tokens_, comparisons)) {
    const auto right = sum();
    if (!right) return std::nullopt;
    return binary(*code, *left, *right);
  }
  if (tokens_.peek().is_word("IS")) return is_null(*left);
  const bool negated = tokens_.peek().is_word("NOT");
  const auto& next = tokens_.ahead(negated ? 1 : 0);
  if (!next.is_word("BETWEEN") && !next.is_word("IN") && !next.is_word("LIKE")) return left;
  if (negated) tokens_.take();
  return predicate(*left, negated);
}

expression_parser::parsed expression_parser::predicate(expression_id left, bool negate) {
  parsed out;
  if (tokens_.take_word("BETWEEN")) {
    out = between(left);
  } else if (tokens_.take_word("IN")) {
    out = in_list(left);
  } else {
    tokens_.take();
    if (const auto pattern = sum()) out = binary(op::like, left, *pattern);
  }
  if (out && negate) out = negated(*out);
  return out;
}

expression_parser::parsed expression_parser::between(expression_id left) {
  const auto low = sum();
  if (!low || !tokens_.expect_word("AND")) return std::nullopt;
  const auto high = sum();
  if (!high) return std::nullopt;
  return make(op::between, place(left).until(place(*high)), {left, *low, *high});
}

expression_parser::parsed expression_parser::in_list(expression_id left) {
  if (!tokens_.expect_symbol("(")) return std::nullopt;
  std::vector<expression_id> args{left};
  if (!arguments(args)) return std::nullopt;
  if (args.size() == 1) {
    tokens_.wrong().add(place(left), "P0203", "IN needs at least one choice", "write IN ('a', 'b')");
    return std::nullopt;
  }
  return make(op::in, place(left), std::move(args));
}

expression_parser::parsed expression_parser::is_null(expression_id left) {
  tokens_.take();
  const bool negate = tokens_.take_word("NOT");
  const auto last = tokens_.peek().where;
  if (!tokens_.expect_word("NULL")) return std::nullopt;
  const auto out = make(op::is_null, place(left).until(last), {left});
  return negate ? negated(out) : out;
}

expression_parser::parsed expression_parser::sum() {
  auto left = product();
  while (left) {
    const auto code = take_operator(tokens_, sums);
    if (!code) break;
    const auto right = product();
    if (!right) return std::nullopt;
    left = binary(*code, *left, *right);
  }
  return left;
}

expression_parser::parsed expression_parser::product() {
  auto left = sign();
  while (left) {
    const auto code = take_operator(tokens_, products);
    if (!code) break;
    const auto right = sign();
    if (!right) return std::nullopt;
    left = binary(*code, *left, *right);
  }
  return left;
}

expression_parser::parsed expression_parser::sign() {
  const auto start = tokens_.peek().where;
  const bool minus = tokens_.peek().is("-");
  if (!minus && !tokens_.peek().is("+")) return primary();
  tokens_.take();
  const nesting level(*this);
  if (level.too_deep()) return std::nullopt;
  const auto inner = sign();
  if (!inner || !minus) return inner;
  return make(op::negate, start.until(place(*inner)), {*inner});
}

expression_parser::parsed expression_parser::primary() {
  const auto& next = tokens_.peek();
  if (tokens_.take_symbol("(")) {
    const auto inner = expression();
    if (!inner || !tokens_.expect_symbol(")")) return std::nullopt;
    return inner;
  }
  if (next.is_word("CASE")) return case_expression();
  const bool called = tokens_.ahead(1).is("(");
  if (next.is_word("CAST") && called) return cast(next.where);
  if (next.kind == token_kind::word && !is_reserved(next)) return called ? call() : field();
  if (next.kind == token_kind::quoted) return field();
  return literal();
}

expression_parser::parsed expression_parser::literal() {
  const auto& t = tokens_.peek();
  value out;
  if (t.kind == token_kind::number) {
    out = of_number(t.number);
  } else if (t.kind == token_kind::text) {
    out = of_text({});
  } else if (t.is_word("TRUE") || t.is_word("FALSE")) {
    out = of_boolean(t.is_word("TRUE"));
  } else if (!t.is_word("NULL")) {
    tokens_.unexpected("a value", is_reserved(t) ? std::format("a field of that name is written \"{}\"", t.text) : "");
    return std::nullopt;
  }
  const auto id = make(op::constant, t.where);
  pool_[id].literal = out;
  pool_[id].name = t.text;
  tokens_.take();
  return id;
}

expression_parser::parsed expression_parser::field() {
  auto where = tokens_.peek().where;
  std::vector<std::string> path{tokens_.take().text};
  while (tokens_.take_symbol(".")) {
    const auto& part = tokens_.peek();
    if (part.kind != token_kind::word && part.kind != token_kind::quoted) {
      tokens_.unexpected("the name of a field");
      return std::nullopt;
    }
    where = where.until(part.where);
    path.push_back(tokens_.take().text);
  }
  if (tokens_.peek().is("[")) {
    tokens_.wrong().add(tokens_.peek().where, "P0209", "elements of arrays are not yet in this version");
    return std::nullopt;
  }
  const auto id = make(op::field, where);
  pool_[id].path = std::move(path);
  return id;
}

expression_parser::parsed expression_parser::call() {
  const auto name = tokens_.take();
  tokens_.take();
  std::vector<expression_id> args;
  if (!arguments(args)) return std::nullopt;
  const auto id = make(op::call, name.where, std::move(args));
  pool_[id].name = name.text;
  return id;
}

bool expression_parser::arguments(std::vector<expression_id>& out) {
  if (tokens_.take_symbol(")")) return true;
  do {
    const auto one = expression();
    if (!one) return false;
    out.push_back(*one);
  } while (tokens_.take_symbol(","));
  return tokens_.expect_symbol(")");
}

expression_parser::parsed expression_parser::cast(range start) {
  tokens_.take();
  tokens_.take();
  const auto inner = expression();
  if (!inner || !tokens_.expect_word("AS")) return std::nullopt;
  const auto named = tokens_.peek();
  const auto type = std::ranges::find_if(type_names, [&](const auto& t) { return named.is_word(t.name); });
  if (type == type_names.end()) {
    tokens_.unexpected("a type", "the types are number, text and boolean");
    return std::nullopt;
  }
  tokens_.take();
  const auto last = tokens_.peek().where;
  if (!tokens_.expect_symbol(")")) return std::nullopt;
  const auto id = make(op::cast, start.until(last), {*inner});
  pool_[id].type = type->type;
  return id;
}

expression_parser::parsed expression_parser::case_expression() {
  const auto start = tokens_.take().where;
  std::vector<expression_id> args;
  auto add = [&](parsed one) { return one && (args.push_back(*one), true); };
  const auto code = tokens_.peek().is_word("WHEN") ? op::case_when : op::case_of;
  if (code == op::case_of && !add(expression())) return std::nullopt;
  if (!tokens_.peek().is_word("WHEN")) {
    tokens_.unexpected("WHEN");
    return std::nullopt;
  }
  while (tokens_.take_word("WHEN")) {
    if (!add(expression()) || !tokens_.expect_word("THEN") || !add(expression())) return std::nullopt;
  }
  if (tokens_.take_word("ELSE")) {
    if (!add(expression())) return std::nullopt;
  } else {
    args.push_back(make(op::constant, start));
  }
  const auto last = tokens_.peek().where;
  if (!tokens_.expect_word("END")) return std::nullopt;
  return make(code, start.until(last), std::move(args));
}

}  // namespace perigee::rules::detail
