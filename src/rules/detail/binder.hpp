#pragma once
// From the syntax tree to the program: names become slots and functions, types are checked.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/detail/field_tree.hpp"
#include "rules/detail/program.hpp"
#include "rules/detail/syntax.hpp"
#include "rules/detail/table.hpp"

namespace perigee::rules::detail {

/// Owned by the compilation of one rule. What is wrong is reported and stands as `any`, so that one mistake gives one
/// message.
class binder {
 public:
  struct bound {
    node_id id = 0;
    value_type type = value_type::any;
  };

  struct group_expression {
    std::string canonical;
    value_type type = value_type::any;
  };

  /// What stands before the dot in `machines.limit`.
  struct source {
    std::string alias;
    std::span<const table_column> columns;
    bool unknown = false;  // the table is broken: any column may be there
    bool stream = false;   // its messages have fields
    bool own = false;      // it is the message that is looked at
  };

  binder(field_tree& fields, program& out, problems& wrong, bool watch)
      : fields_(fields), out_(out), wrong_(wrong), watch_(watch) {}

  /// From here on an expression is about a window that ends, and not about a message: it is made of what stands in
  /// GROUP BY, and of aggregates.
  void enter_window(std::vector<group_expression> keys);

  /// Only these fields are there.
  void declare(const schema& fields) { schema_ = &fields; }

  /// From here on its columns may be named.
  void join(source with) { sources_.push_back(std::move(with)); }

  /// Of one message of the stream, whose fields may have its alias in front.
  bound bind_of(std::string_view alias, const expression_pool& pool, expression_id id);
  /// From here on an expression is about a message of each.
  void join_streams(std::string from, std::string join);
  /// A condition of one message that may look back at those of the steps before it.
  node_id bind_step(std::string_view name, const expression_pool& pool, expression_id id);
  /// The step's message can be looked back at from here on.
  void add_step(std::string name);
  /// From here on an expression is about all steps; what names none is of the last.
  void enter_match();

  bound bind(const expression_pool& pool, expression_id id);
  /// The same, and the expression must be of this type.
  node_id bind_as(value_type type, const expression_pool& pool, expression_id id, std::string_view what);

  /// From here on the name means this column of the SELECT and not a field: so it is in templates and keys.
  void name_column(std::string_view name, bound is) { columns_.push_back({std::string(name), is}); }

 private:
  struct named {
    std::string name;
    bound is;
  };

  bound visit(const expression_pool& pool, expression_id id);
  bound watched(bound condition, const expression& e, std::string_view label = {});
  bound constant(const expression& e);
  bound constant_node(const value& v, value_type type);
  bound text_node(std::string text);
  bound container(const expression& e, std::span<const bound> args);
  [[nodiscard]] const value* constant_at(node_id id) const;
  const prepared* prepare(const function& f, const expression& e, std::span<const bound> args,
                          const expression_pool& pool);
  value_type declared_type(const expression& e);
  std::optional<bound> group_key(const expression_pool& pool, expression_id id);
  bound aggregate(const aggregate_function& f, const expression& e, const expression_pool& pool);
  std::optional<double> aggregate_parameter(const aggregate_function& f, const expression& e,
                                            const expression_pool& pool);
  bound analytic(const analytic_function& f, const expression& e, const expression_pool& pool);
  std::size_t lag_depth(const expression& e, const expression_pool& pool);
  [[nodiscard]] bool in_scope(const function& f, const expression& e);
  bound unknown_function(const expression& e);
  bound field(const expression& e);
  std::optional<bound> joined(const expression& e);
  bound plain_field(const expression& e);
  bound captured(std::uint32_t stream, bound of);
  bound of_one_message(bound made, const expression& e, std::span<const bound> args);
  bound not_of_several(const expression& e);
  bound joined_slot(std::uint32_t join, std::uint32_t column, value_type type);
  bound call(const expression& e, std::span<const bound> args, const expression_pool& pool);
  value_type result_type(const expression& e, std::span<const bound> args, const expression_pool& pool);
  value_type all(value_type type, value_type result, const expression& e, std::span<const bound> args,
                 const expression_pool& pool);
  void comparable(const expression& e, bound left, bound right);
  value_type case_type(const expression& e, std::span<const bound> args, const expression_pool& pool);
  bool require(value_type type, bound given, range where, std::string_view by);
  bound add(program::node made, std::span<const bound> args, value_type type);

  field_tree& fields_;
  program& out_;
  problems& wrong_;
  std::vector<named> columns_;
  std::vector<source> sources_;
  const schema* schema_ = nullptr;
  std::optional<std::vector<group_expression>> window_;  // while an expression is about a window
  bool looks_back_ = false;  // an expression is about a message, and about those of steps before it
  bool together_ = false;    // an expression is about several messages
  bool is_match_ = false;    // they are the steps of a MATCH
  bool watch_ = false;       // count what conditions are
  bool too_large_ = false;
};

}  // namespace perigee::rules::detail
