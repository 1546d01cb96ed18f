#include "promql/detail/parser.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <format>
#include <limits>
#include <optional>

#include "base/limits.hpp"
#include "promql/detail/function_table.hpp"
#include "promql/detail/selector_parser.hpp"

namespace perigee::promql::detail {
namespace {

using tree = std::unique_ptr<expression>;

constexpr std::int64_t default_subquery_step_ms = 60'000;

struct operator_entry {
  std::string_view symbol;  // or keyword
  operation what;
  int precedence;
};
constexpr int power_precedence = 6;
constexpr std::array<operator_entry, 16> operators{{{"or", operation::logical_or, 1},
                                                    {"and", operation::logical_and, 2},
                                                    {"unless", operation::logical_unless, 2},
                                                    {"==", operation::equal, 3},
                                                    {"!=", operation::not_equal, 3},
                                                    {"<=", operation::less_or_equal, 3},
                                                    {"<", operation::less, 3},
                                                    {">=", operation::greater_or_equal, 3},
                                                    {">", operation::greater, 3},
                                                    {"+", operation::add, 4},
                                                    {"-", operation::subtract, 4},
                                                    {"*", operation::multiply, 5},
                                                    {"/", operation::divide, 5},
                                                    {"%", operation::modulo, 5},
                                                    {"atan2", operation::atan2, 5},
                                                    {"^", operation::power, power_precedence}}};

const operator_entry* operator_of(const token& t) {
  const auto* const found =
      std::ranges::find_if(operators, [&t](const auto& each) { return t.is(each.symbol) || t.is_word(each.symbol); });
  return found == operators.end() ? nullptr : found;
}

struct aggregation_entry {
  std::string_view name;
  aggregation kind;
  std::optional<value_type> parameter;
};
constexpr std::array<aggregation_entry, 12> aggregations{{
    {"sum", aggregation::sum, std::nullopt},
    {"avg", aggregation::avg, std::nullopt},
    {"min", aggregation::min, std::nullopt},
    {"max", aggregation::max, std::nullopt},
    {"count", aggregation::count, std::nullopt},
    {"group", aggregation::group, std::nullopt},
    {"stddev", aggregation::stddev, std::nullopt},
    {"stdvar", aggregation::stdvar, std::nullopt},
    {"quantile", aggregation::quantile, value_type::scalar},
    {"topk", aggregation::topk, value_type::scalar},
    {"bottomk", aggregation::bottomk, value_type::scalar},
    {"count_values", aggregation::count_values, value_type::string},
}};

const aggregation_entry* aggregation_of(const token& t) {
  const auto* const found = std::ranges::find_if(aggregations, [&t](const auto& each) { return t.is_word(each.name); });
  return found == aggregations.end() ? nullptr : found;
}

std::string_view described(value_type t) {
  switch (t) {
    case value_type::vector: return "instant vector";
    case value_type::matrix: return "range vector";
    case value_type::scalar: return "scalar";
    case value_type::string: break;
  }
  return "string";
}

std::uint32_t height_of(const expression_ptr& below) { return below ? below->height : 0; }

class parser {
 public:
  parser(std::string_view query, std::vector<token> all) : in_(query, std::move(all)) {}

  outcome<tree> run() {
    if (in_.peek().kind == token_kind::end) return in_.wrong(0, "no expression found in input");
    PG_TRY(auto out, binary(1));
    if (in_.peek().kind != token_kind::end) return in_.unexpected_here("query", "an operator or the end");
    return out;
  }

 private:
  /// Bounds the tree by what may be evaluated: a chain such as 1 + 1 + 1 is deep without being nested.
  template <class Node>
  outcome<tree> make(Node node, value_type type, std::uint32_t at, std::uint32_t below = 0) {
    if (below >= limits::promql_depth_max) return too_deep(at);
    auto out = std::make_unique<expression>();
    out->node = std::move(node);
    out->type = type;
    out->at = at;
    out->height = below + 1;
    return out;
  }
  [[nodiscard]] std::unexpected<fault> too_deep(std::uint32_t at) const {
    return in_.wrong(at, std::format("the query is nested over {} levels deep", limits::promql_depth_max));
  }

  outcome<tree> binary(int least_precedence) {
    if (open_ >= limits::promql_depth_max) return too_deep(in_.peek().at);
    ++open_;
    auto out = operands(least_precedence);
    --open_;
    return out;
  }

  outcome<tree> operands(int least_precedence) {
    PG_TRY(auto left, unary());
    for (;;) {
      const auto* const op = operator_of(in_.peek());
      if (op == nullptr || op->precedence < least_precedence) return left;
      const auto at = in_.take().at;
      binary_node node;
      node.what = op->what;
      PG_TRY_VOID(modifiers(node));
      PG_TRY(auto right, binary(op->what == operation::power ? op->precedence : op->precedence + 1));
      node.left = std::move(left);
      node.right = std::move(right);
      PG_TRY(left, combined(std::move(node), at));
    }
  }

  /// `bool`, `on (...)` or `ignoring (...)`, `group_left (...)` or `group_right (...)`.
  outcome<> modifiers(binary_node& node) {
    if (in_.peek().is_word("bool")) {
      if (!is_comparison(node.what)) {
        return in_.wrong(in_.peek().at, "bool modifier can only be used on comparison operators");
      }
      in_.take();
      node.returns_bool = true;
    }
    if (!in_.peek().is_word("on") && !in_.peek().is_word("ignoring")) return {};
    auto& how = node.matching;
    how.on = in_.take().is_word("on");
    PG_TRY(how.labels, read_label_names(in_));
    if (!in_.peek().is_word("group_left") && !in_.peek().is_word("group_right")) return {};
    const auto group = in_.take();
    if (is_set_operation(node.what)) return in_.wrong(group.at, "no grouping allowed for set operations");
    how.side = group.is_word("group_left") ? vector_matching::many::left : vector_matching::many::right;
    if (in_.peek().is("(")) {
      PG_TRY(how.included, read_label_names(in_));
    }
    for (const auto& each : how.included) {
      if (!how.on || !std::ranges::contains(how.labels, each)) continue;
      return in_.wrong(group.at, std::format("label \"{}\" must not occur in ON and GROUP clause at once", each));
    }
    return {};
  }

  outcome<tree> combined(binary_node node, std::uint32_t at) {
    for (const auto* side : {&node.left, &node.right}) {
      const auto type = (*side)->type;
      if (type == value_type::scalar || type == value_type::vector) continue;
      return in_.wrong((*side)->at, "binary expression must contain only scalar and instant vector types");
    }
    const bool left_scalar = node.left->type == value_type::scalar;
    const bool right_scalar = node.right->type == value_type::scalar;
    if (left_scalar && right_scalar && is_comparison(node.what) && !node.returns_bool) {
      return in_.wrong(at, "comparisons between scalars must use BOOL modifier");
    }
    if ((left_scalar || right_scalar) && is_set_operation(node.what)) {
      return in_.wrong(at, "set operator not allowed in binary scalar expression");
    }
    const auto& how = node.matching;
    if ((left_scalar || right_scalar) &&
        (how.on || !how.labels.empty() || how.side != vector_matching::many::neither)) {
      return in_.wrong(at, "vector matching only allowed between instant vectors");
    }
    const auto below = std::max(node.left->height, node.right->height);
    return make(std::move(node), left_scalar && right_scalar ? value_type::scalar : value_type::vector, at, below);
  }

  outcome<tree> unary() {
    const auto sign = in_.peek();
    if (!sign.is("-") && !sign.is("+")) return postfix();
    in_.take();
    PG_TRY(auto of, binary(power_precedence));
    if (of->type != value_type::scalar && of->type != value_type::vector) {
      return in_.wrong(sign.at, std::format("unary expression only allowed on expressions of type scalar or instant "
                                            "vector, got \"{}\"",
                                            described(of->type)));
    }
    if (sign.is("+")) return of;
    const auto [type, below] = std::pair(of->type, of->height);
    return make(negate_node{std::move(of)}, type, sign.at, below);
  }

  /// What stands behind an operand and binds closest: a range, a subquery, `offset`, `@`.
  outcome<tree> postfix() {
    PG_TRY(auto out, primary());
    for (;;) {
      const auto next = in_.peek();
      if (next.is("[")) {
        PG_TRY(out, ranged(std::move(out)));
      } else if (next.is("@") || next.is_word("offset")) {
        auto* const shift = shift_of(*out);
        if (shift == nullptr) {
          return in_.wrong(next.at, std::format("{} modifier must be preceded by a selector or a subquery", next.text));
        }
        if (shift->offset_ms != 0 || shift->from != time_shift::anchor::instant) {
          return in_.wrong(next.at, "offset and @ may each be set once");
        }
        PG_TRY_VOID(read_shift(in_, *shift));
      } else {
        return out;
      }
    }
  }

  static time_shift* shift_of(expression& of) {
    if (auto* const selector = std::get_if<selector_node>(&of.node)) return &selector->shift;
    if (auto* const subquery = std::get_if<subquery_node>(&of.node)) return &subquery->shift;
    return nullptr;
  }

  outcome<tree> ranged(tree of) {
    const auto at = in_.take().at;
    PG_TRY(const auto range_ms, read_duration(in_, "range"));
    if (in_.accept(":")) return subquery(std::move(of), range_ms);
    PG_TRY_VOID(in_.expect("]", "range"));
    auto* const selector = std::get_if<selector_node>(&of->node);
    if (selector == nullptr || selector->range_ms != 0) {
      return in_.wrong(at, "ranges only allowed for vector selectors; of an expression write [5m:] or [5m:15s]");
    }
    if (selector->shift.offset_ms != 0 || selector->shift.from != time_shift::anchor::instant) {
      return in_.wrong(at, "no offset or @ modifiers allowed before range");
    }
    selector->range_ms = range_ms;
    of->type = value_type::matrix;
    return of;
  }

  outcome<tree> subquery(tree of, std::int64_t range_ms) {
    subquery_node node;
    node.range_ms = range_ms;
    node.step_ms = default_subquery_step_ms;
    if (!in_.accept("]")) {
      PG_TRY(node.step_ms, read_duration(in_, "subquery"));
      PG_TRY_VOID(in_.expect("]", "subquery"));
    }
    if (of->type != value_type::vector) {
      return in_.wrong(of->at,
                       std::format("subquery is only allowed on instant vector, got {} instead", described(of->type)));
    }
    const auto [at, below] = std::pair(of->at, of->height);
    node.inner = std::move(of);
    return make(std::move(node), value_type::matrix, at, below);
  }

  outcome<tree> primary() {
    const auto first = in_.peek();
    switch (first.kind) {
      case token_kind::number:
      case token_kind::duration: in_.take(); return make(number_node{first.number}, value_type::scalar, first.at);
      case token_kind::text: in_.take(); return make(text_node{first.text}, value_type::string, first.at);
      case token_kind::name: return named();
      case token_kind::symbol:
        if (first.is("(")) return parenthesised();
        if (first.is("{")) return selector();
        break;
      case token_kind::end: break;
    }
    return in_.unexpected_here("query", "an operand");
  }

  outcome<tree> parenthesised() {
    in_.take();
    PG_TRY(auto out, binary(1));
    PG_TRY_VOID(in_.expect(")", "paren expression"));
    return out;
  }

  outcome<tree> named() {
    const auto name = in_.peek();
    const auto& next = in_.peek(1);
    const bool grouped = next.is_word("by") || next.is_word("without");
    if (const auto* const kind = aggregation_of(name); kind != nullptr && (next.is("(") || grouped)) {
      return aggregate(*kind);
    }
    if (next.is("(")) return call();
    if (name.is_word("inf")) {
      in_.take();
      return make(number_node{std::numeric_limits<double>::infinity()}, value_type::scalar, name.at);
    }
    if (name.is_word("nan")) {
      in_.take();
      return make(number_node{std::numeric_limits<double>::quiet_NaN()}, value_type::scalar, name.at);
    }
    return selector();
  }

  outcome<tree> selector() {
    const auto at = in_.peek().at;
    selector_node node;
    PG_TRY(node.matchers, read_matchers(in_));
    return make(std::move(node), value_type::vector, at);
  }

  outcome<std::vector<expression_ptr>> arguments(std::string_view in) {
    std::vector<expression_ptr> out;
    PG_TRY_VOID(in_.expect("(", in));
    while (!in_.accept(")")) {
      PG_TRY(auto each, binary(1));
      out.push_back(std::move(each));
      if (in_.accept(")")) break;
      PG_TRY_VOID(in_.expect(",", in));
    }
    return out;
  }

  outcome<> check_type(const expression& given, value_type wanted, std::string_view where) const {
    if (given.type == wanted) return {};
    return in_.wrong(given.at,
                     std::format("expected type {} in {}, got {}", described(wanted), where, described(given.type)));
  }

  outcome<tree> call() {
    const auto name = in_.take();
    call_node node;
    node.what = find_function(name.text);
    if (node.what == nullptr) {
      return in_.wrong(name.at, std::format("unknown or unsupported function \"{}\"", name.text));
    }
    PG_TRY(node.arguments, arguments(std::format("call to function \"{}\"", name.text)));
    PG_TRY_VOID(check_arguments(node, name.at));
    std::uint32_t below = 0;
    for (const auto& each : node.arguments) below = std::max(below, each->height);
    const auto type = node.what->returns;
    return make(std::move(node), type, name.at, below);
  }

  outcome<> check_arguments(const call_node& node, std::uint32_t at) const {
    const auto& f = *node.what;
    const auto given = node.arguments.size();
    if (given < f.required || (f.allowed != function::any_number && given > f.allowed)) {
      const auto* const how = f.required == f.allowed ? "" : given < f.required ? "at least " : "at most ";
      return in_.wrong(at, std::format("expected {}{} argument(s) in call to \"{}\", got {}", how,
                                       given < f.required ? f.required : f.allowed, f.name, given));
    }
    for (std::size_t i = 0; i < given; ++i) {
      const auto wanted = f.parameters[std::min(i, f.parameters.size() - 1)];
      PG_TRY_VOID(check_type(*node.arguments[i], wanted, std::format("call to function \"{}\"", f.name)));
    }
    return {};
  }

  outcome<> grouping(aggregate_node& node) {
    node.without = in_.take().is_word("without");
    PG_TRY(node.labels, read_label_names(in_));
    return {};
  }
  [[nodiscard]] bool at_grouping() const { return in_.peek().is_word("by") || in_.peek().is_word("without"); }

  outcome<tree> aggregate(const aggregation_entry& entry) {
    const auto at = in_.take().at;
    aggregate_node node;
    node.kind = entry.kind;
    const bool before = at_grouping();
    if (before) PG_TRY_VOID(grouping(node));
    PG_TRY(auto given, arguments("aggregation"));
    if (!before && at_grouping()) PG_TRY_VOID(grouping(node));
    const std::size_t wanted = entry.parameter ? 2 : 1;
    if (given.size() != wanted) {
      return in_.wrong(at, std::format("wrong number of arguments for aggregate expression provided, expected {}, "
                                       "got {}",
                                       wanted, given.size()));
    }
    node.of = std::move(given.back());
    PG_TRY_VOID(check_type(*node.of, value_type::vector, "aggregation expression"));
    if (entry.parameter) {
      node.parameter = std::move(given.front());
      PG_TRY_VOID(check_type(*node.parameter, *entry.parameter, "aggregation parameter"));
    }
    const auto below = std::max(height_of(node.of), height_of(node.parameter));
    return make(std::move(node), value_type::vector, at, below);
  }

  token_reader in_;
  std::uint32_t open_ = 0;  // calls of `binary` within each other
};

}  // namespace

outcome<expression_ptr> parse(std::string_view query) {
  PG_TRY(auto all, lex(query));
  PG_TRY(auto out, parser(query, std::move(all)).run());
  return out;
}

}  // namespace perigee::promql::detail
