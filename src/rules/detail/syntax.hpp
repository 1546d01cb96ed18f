#pragma once
// The syntax tree of a rule's SELECT, before anything is known about types.

#include <optional>
#include <string>
#include <vector>

#include "rules/detail/field_tree.hpp"
#include "rules/detail/problems.hpp"
#include "rules/detail/value.hpp"
#include "rules/detail/window.hpp"

namespace perigee::rules::detail {

enum class op : std::uint8_t {
  constant,
  field,  // of the payload; in templates and keys a column's name too
  call,   // a function of functions.hpp
  cast,   // args: value; type
  negate,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  concat,  // ||
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  logic_and,
  logic_or,
  logic_not,
  is_null,
  like,       // args: text, pattern
  between,    // args: value, low, high
  in,         // args: value, choices...
  case_when,  // args: (condition, result)..., else
  case_of,    // args: subject, (value, result)..., else
  in_array,   // args: value, array
  list,       // [a, b]: args: elements
  object,     // {'a': b}: args: (name, value)...
  element,    // x[n], x.name of what is no field: args: array, object or text; index or name
  attempt,    // TRY(x): args: x
  otherwise,  // x DEFAULT y: args: x, y
  group_key,  // of a window: its place in GROUP BY; not written by the parser
  aggregate,  // of a window: its place in the program; not written by the parser
  analytic,   // its place in the program; not written by the parser
  watched,    // args: a condition that is counted; its place in the program; not written by the parser
  joined,     // a column of a table: its place in the program; not written by the parser
};

/// What the header says of a field of the payload: its path as it is written in the rule.
struct declared_field {
  std::string path;
  value_type type = value_type::any;
  bool optional = false;  // not every payload has it
};
using schema = std::vector<declared_field>;

using expression_id = std::uint32_t;

struct expression {
  op code = op::constant;
  range where;                        // what an error points at
  std::uint32_t end = 0;              // where all of it ends in the file
  value literal{};                    // constant; its text lies in `name`
  std::string name{};                 // call: as written; constant: the text
  field_path path{};                  // field
  value_type type = value_type::any;  // cast
  bool distinct = false;              // call: count(DISTINCT x)
  bool quoted = false;                // field: one name, in "double quotes"
  std::vector<expression_id> args{};
  std::vector<expression_id> partition{};  // call: OVER (PARTITION BY ...)
  std::optional<expression_id> when{};     // call: OVER (WHEN ...)
  bool over = false;                       // call: it has an OVER
};

/// Expressions refer to each other by their place here.
using expression_pool = std::vector<expression>;

struct column {
  expression_id value = 0;
  std::string name;
  range where;
};

struct topic_filter {
  std::string text;
  range where;
};

/// [LEFT] JOIN table [AS alias] ON condition, or JOIN 'filter' AS alias ON condition
struct join_clause {
  bool left = false;  // what finds no row goes on without one
  std::string table{};
  std::optional<topic_filter> filter{};  // of a stream, in place of the table
  std::string alias{};                   // the table's name where none is given
  range where;                           // of the table's name or the filter
  expression_id on = 0;
};

struct window_clause {
  window_spec spec;
  range where;
  std::optional<expression_id> filter{};  // FILTER (WHERE x): what is not let in does not count
};

/// WHERE ... FOR 10 SECONDS [OVER (PARTITION BY ...)]
struct hold_clause {
  std::chrono::nanoseconds duration{};
  range where;
  std::vector<expression_id> partition{};  // empty: by topic
};

/// a AS (condition), or NOT (condition)
struct match_step {
  std::string name{};  // none of a NOT
  bool negated = false;
  expression_id condition = 0;
  range where;
};

/// MATCH step THEN step ... WITHIN 10 SECONDS [OVER (PARTITION BY ...)]
struct match_clause {
  std::vector<match_step> steps{};
  std::chrono::nanoseconds within{};
  range where;
  std::vector<expression_id> partition{};  // empty: by topic
};

struct select_statement {
  expression_pool pool;
  bool star = false;
  std::vector<column> columns;
  std::vector<topic_filter> from;
  std::string from_alias;
  std::vector<join_clause> joins;
  std::optional<match_clause> match;
  std::optional<expression_id> where;
  std::optional<hold_clause> hold;
  std::vector<expression_id> group_by;
  std::optional<window_clause> window;
  std::optional<expression_id> having;
};

}  // namespace perigee::rules::detail
