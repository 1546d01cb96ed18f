#pragma once
// Expressions by recursive descent, one function per level of precedence.

#include <optional>

#include "rules/detail/syntax.hpp"
#include "rules/detail/token_cursor.hpp"

namespace perigee::rules::detail {

/// Owned by the parse of one text. Every function gives nothing after it has reported what is wrong; the caller then
/// moves on to where it knows its way again.
class expression_parser {
 public:
  using parsed = std::optional<expression_id>;

  expression_parser(token_cursor& tokens, expression_pool& pool) : tokens_(tokens), pool_(pool) {}

  parsed expression() { return disjunction(); }
  /// OVER ([PARTITION BY a, b] [WHEN c]), if it stands here. False where something was reported.
  bool over(std::vector<expression_id>& partition, std::optional<expression_id>* when);

 private:
  class nesting;

  parsed disjunction();
  parsed conjunction();
  parsed negation();
  parsed comparison();
  parsed predicate(expression_id left, bool negated);
  parsed between(expression_id left);
  parsed in_list(expression_id left);
  parsed with_default();
  parsed is_null(expression_id left);
  parsed sum();
  parsed product();
  parsed sign();
  parsed postfix();
  parsed primary();
  parsed literal();
  parsed field();
  parsed call();
  parsed attempt();
  parsed list();
  parsed object();
  parsed cast(range start);
  parsed case_expression();
  /// Up to the symbol that closes, which is taken too.
  bool arguments(std::vector<expression_id>& out, std::string_view close = ")");
  bool take_step(field_path& path, range& where);

  expression_id make(op code, range where, std::vector<expression_id> args = {});
  expression_id text_constant(std::string text, range where);
  expression_id binary(op code, expression_id left, expression_id right);
  expression_id negated(expression_id of);
  [[nodiscard]] range place(expression_id of) const { return pool_[of].where; }

  token_cursor& tokens_;
  expression_pool& pool_;
  std::uint32_t depth_ = 0;
};

}  // namespace perigee::rules::detail
