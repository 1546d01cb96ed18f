#include "rules/detail/expression_parser.hpp"

#include <algorithm>
#include <array>
#include <cmath>

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
  bool whole = false;  // rounded down, as AWS IoT does
};
constexpr std::array type_names{
    type_name{"NUMBER", value_type::number},        type_name{"DOUBLE", value_type::number},
    type_name{"DECIMAL", value_type::number},       type_name{"FLOAT", value_type::number},
    type_name{"INTEGER", value_type::number, true}, type_name{"INT", value_type::number, true},
    type_name{"BIGINT", value_type::number, true},  type_name{"TEXT", value_type::text},
    type_name{"STRING", value_type::text},          type_name{"VARCHAR", value_type::text},
    type_name{"NVARCHAR", value_type::text},        type_name{"NTEXT", value_type::text},
    type_name{"BOOLEAN", value_type::boolean},      type_name{"BOOL", value_type::boolean}};

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
  pool_.push_back({.code = code,
                   .where = where,
                   .end = tokens_.taken_until(),
                   .literal = {},
                   .name = {},
                   .path = {},
                   .args = std::move(args)});
  return static_cast<expression_id>(pool_.size() - 1);
}

expression_id expression_parser::text_constant(std::string text, range where) {
  const auto id = make(op::constant, where);
  pool_[id].literal = of_text({});
  pool_[id].name = std::move(text);
  return id;
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

/// `a / b DEFAULT 0 > 5`: weaker than arithmetic, so that it answers for the whole of it, stronger than comparisons.
expression_parser::parsed expression_parser::with_default() {
  auto left = sum();
  while (left && tokens_.take_word("DEFAULT")) {
    const auto instead = sum();
    if (!instead) return std::nullopt;
    left = binary(op::otherwise, *left, *instead);
  }
  return left;
}

expression_parser::parsed expression_parser::comparison() {
  auto left = with_default();
  if (!left) return std::nullopt;
  if (const auto code = take_operator(tokens_, comparisons)) {
    const auto right = with_default();
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
  if (!tokens_.peek().is("(")) {
    const auto array = sum();
    if (!array) return std::nullopt;
    return binary(op::in_array, left, *array);
  }
  tokens_.take();
  if (tokens_.peek().is_word("SELECT")) {
    tokens_.wrong().add(tokens_.peek().where, "P0209", "a SELECT within another is not yet in this version",
                        "IN takes a list (1, 2) or an array");
    return std::nullopt;
  }
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
  if (!minus && !tokens_.peek().is("+")) return postfix();
  tokens_.take();
  const nesting level(*this);
  if (level.too_deep()) return std::nullopt;
  const auto inner = sign();
  if (!inner || !minus) return inner;
  return make(op::negate, start.until(place(*inner)), {*inner});
}

/// What is no field of the payload can be looked into too: decode(x, 'base64').temperature, readings[n + 1].
expression_parser::parsed expression_parser::postfix() {
  auto of = primary();
  while (of) {
    const auto start = place(*of);
    parsed step;
    if (tokens_.take_symbol("[")) {
      step = expression();
      if (!step || !tokens_.expect_symbol("]")) return std::nullopt;
    } else if (tokens_.peek().is(".") || tokens_.peek().is("->")) {
      tokens_.take();
      const auto name = tokens_.peek();
      if (name.kind != token_kind::word && name.kind != token_kind::quoted) {
        tokens_.unexpected("the name of a field");
        return std::nullopt;
      }
      step = text_constant(tokens_.take().text, name.where);
    } else {
      break;
    }
    of = make(op::element, start.until(place(*step)), {*of, *step});
  }
  return of;
}

expression_parser::parsed expression_parser::primary() {
  const auto& next = tokens_.peek();
  if (next.is("[")) return list();
  if (next.is("{")) return object();
  if (tokens_.take_symbol("(")) {
    const auto inner = expression();
    if (!inner || !tokens_.expect_symbol(")")) return std::nullopt;
    return inner;
  }
  if (next.is_word("CASE")) return case_expression();
  const bool called = tokens_.ahead(1).is("(");
  if (next.is_word("CAST") && called) return cast(next.where);
  if (next.is_word("TRY") && called) return attempt();
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
  const bool quoted = tokens_.peek().kind == token_kind::quoted;
  field_path path{tokens_.take().text};
  while (take_step(path, where)) {
  }
  const auto id = make(op::field, where);
  pool_[id].quoted = quoted && path.size() == 1;
  pool_[id].path = std::move(path);
  return id;
}

/// `.name`, `->name`, or an index that is known now. What is not, is left to `postfix`.
bool expression_parser::take_step(field_path& path, range& where) {
  const auto& first = tokens_.peek();
  const auto& second = tokens_.ahead(1);
  if ((first.is(".") || first.is("->")) && (second.kind == token_kind::word || second.kind == token_kind::quoted)) {
    tokens_.take();
    path.emplace_back(tokens_.peek().text);
  } else if (first.is("[") && second.kind == token_kind::number && tokens_.ahead(2).is("]") &&
             second.number <= limits::rule_array_index_max && second.number == std::trunc(second.number)) {
    tokens_.take();
    path.emplace_back(static_cast<std::uint32_t>(tokens_.take().number));
  } else {
    return false;
  }
  where = where.until(tokens_.take().where);
  return true;
}

expression_parser::parsed expression_parser::attempt() {
  const auto start = tokens_.take().where;
  tokens_.take();
  const auto inner = expression();
  const auto last = tokens_.peek().where;
  if (!inner || !tokens_.expect_symbol(")")) return std::nullopt;
  return make(op::attempt, start.until(last), {*inner});
}

expression_parser::parsed expression_parser::list() {
  const auto start = tokens_.take().where;
  std::vector<expression_id> args;
  if (!arguments(args, "]")) return std::nullopt;
  return make(op::list, start, std::move(args));
}

expression_parser::parsed expression_parser::object() {
  const auto start = tokens_.take().where;
  std::vector<expression_id> args;
  if (!tokens_.take_symbol("}")) {
    do {
      const auto name = tokens_.peek();
      if (name.kind != token_kind::word && name.kind != token_kind::quoted && name.kind != token_kind::text) {
        tokens_.unexpected("the name of a member");
        return std::nullopt;
      }
      args.push_back(text_constant(tokens_.take().text, name.where));
      if (!tokens_.expect_symbol(":")) return std::nullopt;
      const auto one = expression();
      if (!one) return std::nullopt;
      args.push_back(*one);
    } while (tokens_.take_symbol(","));
    if (!tokens_.expect_symbol("}")) return std::nullopt;
  }
  return make(op::object, start, std::move(args));
}

expression_parser::parsed expression_parser::call() {
  const auto name = tokens_.take();
  tokens_.take();
  std::vector<expression_id> args;
  const bool everything = tokens_.peek().is("*") && tokens_.ahead(1).is(")");  // count(*)
  if (everything) tokens_.take();
  const bool distinct = tokens_.take_word("DISTINCT");
  if (!arguments(args)) return std::nullopt;
  const auto id = make(op::call, name.where, std::move(args));
  pool_[id].name = name.text;
  pool_[id].distinct = distinct;
  if (!tokens_.peek().is_word("OVER") || !tokens_.ahead(1).is("(")) return id;
  std::vector<expression_id> partition;
  std::optional<expression_id> when;
  if (!over(partition, &when)) return std::nullopt;
  pool_[id].over = true;
  pool_[id].end = tokens_.taken_until();
  pool_[id].partition = std::move(partition);
  pool_[id].when = when;
  return id;
}

bool expression_parser::over(std::vector<expression_id>& partition, std::optional<expression_id>* when) {
  if (!tokens_.take_word("OVER")) return true;
  if (!tokens_.expect_symbol("(")) return false;
  if (tokens_.take_word("PARTITION")) {
    if (!tokens_.expect_word("BY")) return false;
    do {
      const auto key = expression();
      if (!key) return false;
      if (partition.size() == limits::rule_group_keys_max) {
        tokens_.wrong().add(place(*key), "P0212", std::format("more than {} keys", limits::rule_group_keys_max));
        return false;
      }
      partition.push_back(*key);
    } while (tokens_.take_symbol(","));
  }
  if (when != nullptr && tokens_.take_word("WHEN")) {
    *when = expression();
    if (!*when) return false;
  }
  return tokens_.expect_symbol(")");
}

bool expression_parser::arguments(std::vector<expression_id>& out, std::string_view close) {
  if (tokens_.take_symbol(close)) return true;
  do {
    const auto one = expression();
    if (!one) return false;
    out.push_back(*one);
  } while (tokens_.take_symbol(","));
  return tokens_.expect_symbol(close);
}

expression_parser::parsed expression_parser::cast(range start) {
  tokens_.take();
  tokens_.take();
  const auto inner = expression();
  if (!inner || !tokens_.expect_word("AS")) return std::nullopt;
  const auto named = tokens_.peek();
  const auto type = std::ranges::find_if(type_names, [&](const auto& t) { return named.is_word(t.name); });
  if (type == type_names.end()) {
    tokens_.unexpected("a type", "the types are number, integer, text and boolean");
    return std::nullopt;
  }
  tokens_.take();
  const auto last = tokens_.peek().where;
  if (!tokens_.expect_symbol(")")) return std::nullopt;
  const auto id = make(op::cast, start.until(last), {*inner});
  pool_[id].type = type->type;
  if (!type->whole) return id;
  const auto whole = make(op::call, start.until(last), {id});
  pool_[whole].name = "floor";
  return whole;
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
