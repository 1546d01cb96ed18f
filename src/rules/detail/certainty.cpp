#include "rules/detail/certainty.hpp"

#include <algorithm>
#include <format>

#include "rules/detail/aggregate.hpp"
#include "rules/detail/analytic.hpp"
#include "rules/detail/functions.hpp"

namespace perigee::rules::detail {
namespace {

constexpr auto uncertain = "P0236";

/// What the expression around provides for.
struct provided {
  bool missing = false;  // a field that is not there
  bool failing = false;  // what cannot be computed
};

class certainty {
 public:
  certainty(const expression_pool& pool, const schema& fields, problems& wrong)
      : pool_(pool), fields_(fields), wrong_(wrong) {}

  void run(const select_statement& select) {
    if (select.where) {
      visit(*select.where, {});
      learn(*select.where);
    }
    if (select.window && select.window->filter) visit(*select.window->filter, {});
    for (const auto key : select.group_by) pass_on(key);
    if (select.having) visit(*select.having, {});
    for (const auto& column : select.columns) pass_on(column.value);
  }

 private:
  /// A field that is not computed with may be NULL.
  void pass_on(expression_id id) { visit(id, {.missing = pool_[id].code == op::field}); }

  void visit(expression_id id, provided by) {
    const auto& e = pool_[id];
    switch (e.code) {
      case op::field: return field(e, by);
      case op::attempt: return visit(e.args[0], {true, true});
      case op::otherwise: visit(e.args[0], {true, true}); return visit(e.args[1], by);
      case op::is_null: return visit(e.args[0], {true, by.failing});
      case op::logic_and:
      case op::logic_or: return either(e, by);
      case op::case_when: return cases(e, by);
      case op::call: return call(e, by);
      case op::list:
      case op::object:
        for (const auto arg : e.args) visit(arg, {by.missing || pool_[arg].code == op::field, by.failing});
        return;
      case op::divide:
      case op::modulo: division(e, by); break;
      case op::cast: conversion(e, by); break;
      default: break;
    }
    for (const auto arg : e.args) visit(arg, by);
  }

  void field(const expression& e, provided by) {
    const auto path = to_string(e.path);
    if (by.missing || !may_miss(path) || std::ranges::contains(present_, path)) return;
    wrong_.add(e.where, uncertain, std::format("'{}' may be missing", path),
               std::format("say what then: {0} DEFAULT 0, or ask {0} IS NOT NULL first", path));
  }

  [[nodiscard]] bool may_miss(std::string_view path) const {
    return std::ranges::any_of(fields_, [&](const declared_field& f) {
      if (!f.optional || !path.starts_with(f.path)) return false;
      return path.size() == f.path.size() || path[f.path.size()] == '.' || path[f.path.size()] == '[';
    });
  }

  void division(const expression& e, provided by) {
    const auto& by_what = pool_[e.args[1]];
    const bool constant = by_what.code == op::constant && by_what.literal.kind == value_kind::number;
    if (by.failing || (constant && by_what.literal.number != 0)) return;
    wrong_.add(e.where, uncertain, "this division has no value where it is by zero",
               "say what then: (a / b) DEFAULT 0, or TRY(a / b) for NULL");
  }

  void conversion(const expression& e, provided by) {
    if (by.failing || e.type == value_type::text || e.type == value_type::any) return;
    const auto type = type_of(pool_[e.args[0]]);
    const bool always = type == e.type || type == value_type::number || type == value_type::boolean;
    if (always) return;
    wrong_.add(e.where, uncertain, "this conversion has no value where the text is none such",
               "say what then: cast(x AS number) DEFAULT 0, or TRY(cast(x AS number)) for NULL");
  }

  /// As far as it shows without more.
  [[nodiscard]] value_type type_of(const expression& e) const {
    if (e.code == op::constant) {
      return e.literal.kind == value_kind::number    ? value_type::number
             : e.literal.kind == value_kind::boolean ? value_type::boolean
                                                     : value_type::text;
    }
    if (e.code != op::field) return value_type::any;
    const auto found = std::ranges::find(fields_, to_string(e.path), &declared_field::path);
    return found == fields_.end() ? value_type::any : found->type;
  }

  /// The right side of AND is looked at where the left is not false, that of OR where the left is not true.
  void either(const expression& e, provided by) {
    visit(e.args[0], by);
    const auto known = present_.size();
    e.code == op::logic_and ? learn(e.args[0]) : learn_opposite(e.args[0]);
    visit(e.args[1], by);
    present_.resize(known);
  }

  void cases(const expression& e, provided by) {
    const auto known = present_.size();
    std::size_t i = 0;
    for (; i + 1 < e.args.size(); i += 2) {
      visit(e.args[i], by);
      const auto before = present_.size();
      learn(e.args[i]);
      visit(e.args[i + 1], {by.missing || pool_[e.args[i + 1]].code == op::field, by.failing});
      present_.resize(before);
      learn_opposite(e.args[i]);
    }
    visit(e.args[i], {by.missing || pool_[e.args[i]].code == op::field, by.failing});
    present_.resize(known);
  }

  /// Aggregates and what remembers pass over NULL, and some functions ask about it.
  void call(const expression& e, provided by) {
    const auto* plain = find_function(e.name);
    const bool asks =
        find_aggregate(e.name) != nullptr || find_analytic(e.name) != nullptr || (plain != nullptr && plain->sees_null);
    const provided within{by.missing || asks, by.failing};
    for (const auto arg : e.args) visit(arg, within);
    for (const auto key : e.partition) pass_on(key);
    if (e.when) visit(*e.when, by);
  }

  /// The fields that are there where the condition is true.
  void learn(expression_id id) {
    const auto& e = pool_[id];
    if (e.code == op::logic_and) {
      for (const auto arg : e.args) learn(arg);
    } else if (e.code == op::logic_not) {
      learn_opposite(e.args[0]);
    }
  }

  /// The same where it is not true.
  void learn_opposite(expression_id id) {
    const auto& e = pool_[id];
    if (e.code == op::logic_or) {
      for (const auto arg : e.args) learn_opposite(arg);
    } else if (e.code == op::is_null && pool_[e.args[0]].code == op::field) {
      present_.push_back(to_string(pool_[e.args[0]].path));
    }
  }

  const expression_pool& pool_;
  const schema& fields_;
  problems& wrong_;
  std::vector<std::string> present_;
};

}  // namespace

void check_certainty(const select_statement& select, const schema& fields, problems& wrong) {
  certainty(select.pool, fields, wrong).run(select);
}

}  // namespace perigee::rules::detail
