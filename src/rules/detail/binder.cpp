#include "rules/detail/binder.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <format>

#include "base/rules_limits.hpp"
#include "rules/detail/expression_text.hpp"

namespace perigee::rules::detail {
namespace {

std::string_view name_of(op code) {
  switch (code) {
    case op::negate:
    case op::subtract: return "'-'";
    case op::add: return "'+'";
    case op::multiply: return "'*'";
    case op::divide: return "'/'";
    case op::modulo: return "'%'";
    case op::concat: return "'||'";
    case op::logic_and: return "AND";
    case op::logic_or: return "OR";
    case op::logic_not: return "NOT";
    case op::like: return "LIKE";
    default: return "this";
  }
}

std::string argument_help(const function& f) { return std::format("it is called as {}", f.usage); }

constexpr auto window_help = "add a window: GROUP BY key, TUMBLINGWINDOW(ss, 10)";
constexpr std::size_t json_escape_bytes_max = 6;  // \u0001

/// Whether the operand is a condition of its own: of AND and OR, and behind WHEN.
bool is_condition(const expression& of, std::size_t operand, const expression& is) {
  if (is.code == op::logic_and || is.code == op::logic_or) return false;
  if (of.code == op::case_when) return operand % 2 == 0 && operand + 1 < of.args.size();
  return of.code == op::logic_and || of.code == op::logic_or;
}

value_type common(value_type a, value_type b) { return a == b ? a : value_type::any; }

}  // namespace

binder::bound binder::bind(const expression_pool& pool, expression_id id) {
  // A chain such as 1 + 1 + 1 + ... is as deep as it is long.
  if (pool.size() > limits::rule_nodes_max) {
    if (!std::exchange(too_large_, true)) {
      wrong_.add(pool[id].where, "P0212", std::format("more than {} expressions in a rule", limits::rule_nodes_max));
    }
    return {};
  }
  return visit(pool, id);
}

node_id binder::bind_as(value_type type, const expression_pool& pool, expression_id id, std::string_view what) {
  const auto made = bind(pool, id);
  require(type, made, pool[id].where, what);
  return type == value_type::boolean ? watched(made, pool[id], what).id : made.id;
}

binder::bound binder::visit(const expression_pool& pool, expression_id id) {
  const auto& e = pool[id];
  if (const auto key = group_key(pool, id)) return *key;
  if (e.code == op::constant) return constant(e);
  if (e.code == op::field) return field(e);
  const auto* of_many = e.code == op::call ? find_aggregate(e.name) : nullptr;
  if (of_many != nullptr && (e.args.size() < 2 || find_function(e.name) == nullptr))
    return aggregate(*of_many, e, pool);
  const auto* remembers = e.code == op::call ? find_analytic(e.name) : nullptr;
  if (remembers != nullptr) return analytic(*remembers, e, pool);
  if (e.over) {
    wrong_.add(e.where, "P0203", std::format("'{}' remembers nothing, so OVER has no meaning here", e.name));
  }
  std::vector<bound> args;
  args.reserve(e.args.size());
  const auto* callee = e.code == op::call ? find_function(e.name) : nullptr;
  for (std::size_t i = 0; i < e.args.size(); ++i) {
    const auto& arg = pool[e.args[i]];
    // AWS IoT writes decode(x, "base64"): no field can be meant where a constant must stand.
    const bool text = arg.quoted && callee != nullptr && callee->is_constant(i);
    auto made = text ? text_node(std::get<std::string>(arg.path.front())) : visit(pool, e.args[i]);
    args.push_back(is_condition(e, i, arg) ? watched(made, arg) : made);
  }
  if (e.code == op::call) return call(e, args, pool);
  if (e.code == op::list || e.code == op::object) return container(e, args);
  return add({.code = e.code, .type = e.type}, args, result_type(e, args, pool));
}

/// Counts what it is, where that is wanted.
binder::bound binder::watched(bound condition, const expression& e, std::string_view label) {
  if (!watch_ || wrong_.any()) return condition;
  const auto place = wrong_.source().at(e.where.at, e.where.length, {}, {});
  const auto text = text_of(wrong_.source().text, e);
  out_.watched.push_back({place.line, place.column, std::format("{}{}{}", label, label.empty() ? "" : " ", text)});
  const auto out = add({.code = op::watched}, std::array{condition}, condition.type);
  out_.operands.push_back(static_cast<node_id>(out_.watched.size() - 1));
  return out;
}

binder::bound binder::constant(const expression& e) {
  auto v = e.literal;
  if (v.kind == value_kind::text) v.text = out_.texts.emplace_back(e.name);
  const auto type = v.kind == value_kind::number    ? value_type::number
                    : v.kind == value_kind::boolean ? value_type::boolean
                    : v.kind == value_kind::text    ? value_type::text
                                                    : value_type::any;
  return constant_node(v, type);
}

binder::bound binder::text_node(std::string text) {
  return constant_node(of_text(out_.texts.emplace_back(std::move(text))), value_type::text);
}

binder::bound binder::field(const expression& e) {
  if (const auto* name = std::get_if<std::string>(&e.path.front()); e.path.size() == 1) {
    const auto same = std::ranges::find(columns_, *name, &named::name);
    if (same != columns_.end()) return same->is;
  }
  if (window_) {
    const auto name = to_string(e.path);
    wrong_.add(e.where, "P0229", std::format("'{}' is neither in GROUP BY nor within an aggregate", name),
               std::format("a window has many messages: write last({0}), avg({0}) or group by it", name));
    return {};
  }
  if (const auto column = joined(e)) return *column;
  if (is_match_) return captured(static_cast<std::uint32_t>(sources_.size() - 1), plain_field(e));
  if (together_) {
    const auto name = to_string(e.path);
    wrong_.add(e.where, "P0235", std::format("'{}' may be of either stream", name),
               std::format("write {}.{} or {}.{}", sources_[0].alias, name, sources_[1].alias, name));
    return {};
  }
  return plain_field(e);
}

/// Of the message that is looked at.
binder::bound binder::plain_field(const expression& e) {
  const auto slot = fields_.slot_of(e.path);
  if (slot == limits::rule_fields_max) {
    wrong_.add(e.where, "P0212", std::format("more than {} fields in all rules", limits::rule_fields_max));
  }
  out_.nodes.push_back({.code = op::field, .first = slot});
  return {static_cast<node_id>(out_.nodes.size() - 1), declared_type(e)};
}

/// What the header's [fields] says of it. Without [fields] every name may be one.
value_type binder::declared_type(const expression& e) {
  if (schema_ == nullptr || schema_->empty()) return value_type::any;
  const auto path = to_string(e.path);
  const auto found = std::ranges::find(*schema_, path, &declared_field::path);
  if (found != schema_->end()) return found->type;
  // Within an object or array that is declared as a whole everything may be.
  const auto within = [&](const declared_field& f) {
    return f.type == value_type::any && path.size() > f.path.size() && path.starts_with(f.path) &&
           (path[f.path.size()] == '.' || path[f.path.size()] == '[');
  };
  if (std::ranges::any_of(*schema_, within)) return value_type::any;
  std::vector<std::string_view> known;
  for (const auto& one : *schema_) known.push_back(one.path);
  wrong_.add(e.where, "P0224", std::format("[fields] declares no '{}'", path), did_you_mean(path, known));
  return value_type::any;
}

binder::bound binder::unknown_function(const expression& e) {
  std::vector<std::string_view> known;
  for (const auto& group : function_groups()) {
    for (const auto& one : group.functions) known.push_back(one.name);
  }
  for (const auto& one : aggregate_functions()) known.push_back(one.name);
  for (const auto& one : analytic_functions()) known.push_back(one.name);
  wrong_.add(e.where, "P0205", std::format("unknown function '{}'", e.name), did_you_mean(e.name, known));
  return {};
}

bool binder::in_scope(const function& f, const expression& e) {
  if (e.distinct) {
    wrong_.add(e.where, "P0209", std::format("DISTINCT within '{}' is not yet in this version", f.name),
               "count(DISTINCT x) counts different values");
    return false;
  }
  if (f.scope == function_scope::message && window_) {
    wrong_.add(e.where, "P0229", std::format("'{}' is of one message, and a window has many", f.name),
               "group by it, or write last() or first() around it");
    return false;
  }
  if (f.scope == function_scope::window && !window_ && !together_) {
    wrong_.add(e.where, "P0228", std::format("'{}' needs a window", f.name), window_help);
    return false;
  }
  return true;
}

void binder::enter_window(std::vector<group_expression> keys) { window_ = std::move(keys); }

std::optional<binder::bound> binder::group_key(const expression_pool& pool, expression_id id) {
  if (!window_ || window_->empty() || pool[id].code == op::constant) return std::nullopt;
  const auto found = std::ranges::find(*window_, canonical(pool, id), &group_expression::canonical);
  if (found == window_->end()) return std::nullopt;
  out_.nodes.push_back({.code = op::group_key, .first = static_cast<std::uint32_t>(found - window_->begin())});
  return bound{static_cast<node_id>(out_.nodes.size() - 1), found->type};
}

binder::bound binder::aggregate(const aggregate_function& f, const expression& e, const expression_pool& pool) {
  if (together_) return not_of_several(e);
  if (!window_) {
    wrong_.add(e.where, "P0228", std::format("'{}' needs a window", f.name), window_help);
    return {};
  }
  const bool everything = f.kind == aggregate_kind::count && e.args.empty() && !e.distinct;
  if (e.args.size() != f.arguments && !everything) {
    wrong_.add(e.where, "P0206",
               std::format("'{}' does not take {} argument{}", f.name, e.args.size(), e.args.size() == 1 ? "" : "s"),
               std::format("it is called as {}", f.usage));
    return {};
  }
  program::aggregate_call made{.kind = f.kind, .parameter = f.constant};
  if (e.distinct) made.kind = aggregate_kind::count_distinct;
  if (e.distinct && f.kind != aggregate_kind::count) {
    wrong_.add(e.where, "P0209", std::format("DISTINCT within '{}' is not yet in this version", f.name),
               "count(DISTINCT x) counts different values");
  }
  // What it is an aggregate of is about each message again.
  const auto keys = std::exchange(window_, std::nullopt);
  const auto columns = std::exchange(columns_, {});
  const auto argument = everything ? constant_node(of_boolean(true), value_type::boolean) : visit(pool, e.args[0]);
  if (!everything) require(f.parameter, argument, pool[e.args[0]].where, std::format("'{}'", f.name));
  if (const auto given = aggregate_parameter(f, e, pool)) made.parameter = *given;
  window_ = keys;
  columns_ = columns;
  made.argument = argument.id;
  out_.aggregates.push_back(made);
  out_.nodes.push_back({.code = op::aggregate, .first = static_cast<std::uint32_t>(out_.aggregates.size() - 1)});
  const bool as_argument = f.kind == aggregate_kind::first || f.kind == aggregate_kind::last;
  return {static_cast<node_id>(out_.nodes.size() - 1), as_argument ? argument.type : value_type::number};
}

binder::bound binder::analytic(const analytic_function& f, const expression& e, const expression_pool& pool) {
  if (together_ || looks_back_) return not_of_several(e);
  if (window_) {
    wrong_.add(e.where, "P0209", std::format("'{}' of a window's results is not yet in this version", f.name),
               "send them to a topic, and let another rule look at that");
    return {};
  }
  if (e.args.size() < f.arguments_min || e.args.size() > f.arguments_max) {
    wrong_.add(e.where, "P0206",
               std::format("'{}' does not take {} argument{}", f.name, e.args.size(), e.args.size() == 1 ? "" : "s"),
               std::format("it is called as {}", f.usage));
    return {};
  }
  program::analytic_call made{.kind = f.kind, .arguments = {}, .partition = {}};
  bool flag_first = f.kind == analytic_kind::had_changed || f.kind == analytic_kind::changed_col;
  const bool numbers = f.kind == analytic_kind::deadband || f.kind == analytic_kind::swinging_door;
  auto type = f.result;
  for (const auto arg : e.args) {
    const auto made_of = visit(pool, arg);
    if (numbers) require(value_type::number, made_of, pool[arg].where, std::format("'{}'", f.name));
    if (std::exchange(flag_first, false)) {
      require(value_type::boolean, made_of, pool[arg].where, std::format("'{}'", f.name));
    } else if (f.result == value_type::any && e.args.size() == 1) {
      type = made_of.type;
    }
    made.arguments.push_back(made_of.id);
  }
  if (f.kind == analytic_kind::lag && e.args.size() > 1) made.depth = lag_depth(e, pool);
  for (const auto key : e.partition) made.partition.push_back(visit(pool, key).id);
  if (e.when) made.when = bind_as(value_type::boolean, pool, *e.when, "WHEN");
  out_.analytics.push_back(std::move(made));
  out_.nodes.push_back({.code = op::analytic, .first = static_cast<std::uint32_t>(out_.analytics.size() - 1)});
  return {static_cast<node_id>(out_.nodes.size() - 1), type};
}

std::size_t binder::lag_depth(const expression& e, const expression_pool& pool) {
  const auto& n = pool[e.args[1]];
  const bool good = n.code == op::constant && n.literal.kind == value_kind::number && n.literal.number >= 1 &&
                    n.literal.number <= limits::rule_lag_max && n.literal.number == std::trunc(n.literal.number);
  if (good) return static_cast<std::size_t>(n.literal.number);
  wrong_.add(n.where, "P0225",
             std::format("'lag' needs a constant whole number from 1 to {} here", limits::rule_lag_max));
  return 1;
}

std::optional<double> binder::aggregate_parameter(const aggregate_function& f, const expression& e,
                                                  const expression_pool& pool) {
  if (f.arguments < 2) return std::nullopt;
  const auto* known = constant_at(visit(pool, e.args[1]).id);
  if (known != nullptr && known->kind == value_kind::number && known->number >= 0 && known->number <= 1) {
    return known->number;
  }
  wrong_.add(pool[e.args[1]].where, "P0225", std::format("'{}' needs a constant from 0 to 1 here", f.name),
             std::format("it is called as {}", f.usage));
  return std::nullopt;
}

binder::bound binder::call(const expression& e, std::span<const bound> args, const expression_pool& pool) {
  const auto* f = find_function(e.name);
  if (f == nullptr) return unknown_function(e);
  if (!in_scope(*f, e)) return {};
  if (args.size() < f->arguments_min || args.size() > f->arguments_max) {
    wrong_.add(e.where, "P0206",
               std::format("'{}' does not take {} argument{}", f->name, args.size(), args.size() == 1 ? "" : "s"),
               argument_help(*f));
    return {};
  }
  auto type = f->result;
  if (f->is_of_arguments) {
    type = args.front().type;
    for (const auto& arg : args) type = common(type, arg.type);
  }
  for (std::size_t i = 0; i < args.size(); ++i) {
    require(f->parameter_type(i), args[i], pool[e.args[i]].where, std::format("'{}'", f->name));
  }
  const auto* ready = f->prepare == nullptr ? nullptr : prepare(*f, e, args, pool);
  const auto made = add({.code = op::call, .callee = f, .ready = ready}, args, type);
  return together_ && f->scope == function_scope::message ? of_one_message(made, e, args) : made;
}

/// Null where it was reported that it cannot be.
const prepared* binder::prepare(const function& f, const expression& e, std::span<const bound> args,
                                const expression_pool& pool) {
  std::vector<value> constants(args.size());
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (!f.is_constant(i)) continue;
    const auto* known = constant_at(args[i].id);
    if (known == nullptr || known->kind != value_kind::text) {
      wrong_.add(pool[e.args[i]].where, "P0225", std::format("'{}' needs a constant text here", f.name),
                 argument_help(f));
      return nullptr;
    }
    constants[i] = *known;
  }
  auto made = f.prepare(constants);
  if (!made) {
    wrong_.add(e.where, "P0226", std::move(made).error(), argument_help(f));
    return nullptr;
  }
  return out_.ready.emplace_back(std::move(*made)).get();
}

const value* binder::constant_at(node_id id) const {
  if (id >= out_.nodes.size()) return nullptr;  // what was reported stands for no node
  const auto& n = out_.nodes[id];
  return n.code == op::constant ? &out_.constants[n.first] : nullptr;
}

/// Of a [list] or {object}: a constant where all parts are.
binder::bound binder::container(const expression& e, std::span<const bound> args) {
  const bool constant = std::ranges::all_of(args, [&](bound one) { return constant_at(one.id) != nullptr; });
  if (!constant) {
    if (args.size() > limits::rule_list_elements_max) {
      wrong_.add(e.where, "P0212",
                 std::format("more than {} elements in a list that is not constant", limits::rule_list_elements_max));
      return {};
    }
    return add({.code = e.code}, args, value_type::any);
  }
  scratch room(limits::rule_file_bytes_max * json_escape_bytes_max);
  room.begin();
  room.put(e.code == op::list ? '[' : '{');
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (i != 0) room.put(e.code == op::object && i % 2 == 1 ? ':' : ',');
    put_json(room, *constant_at(args[i].id));
  }
  room.put(e.code == op::list ? ']' : '}');
  const auto& text = out_.texts.emplace_back(room.take().value_or("null"));
  return constant_node({.kind = value_kind::json, .text = text}, value_type::any);
}

binder::bound binder::constant_node(const value& v, value_type type) {
  out_.constants.push_back(v);
  out_.nodes.push_back({.code = op::constant, .first = static_cast<std::uint32_t>(out_.constants.size() - 1)});
  return {static_cast<node_id>(out_.nodes.size() - 1), type};
}

value_type binder::result_type(const expression& e, std::span<const bound> args, const expression_pool& pool) {
  switch (e.code) {
    case op::negate:
    case op::add:
    case op::subtract:
    case op::multiply:
    case op::divide:
    case op::modulo: return all(value_type::number, value_type::number, e, args, pool);
    case op::concat: return all(value_type::text, value_type::text, e, args, pool);
    case op::like: return all(value_type::text, value_type::boolean, e, args, pool);
    case op::logic_and:
    case op::logic_or:
    case op::logic_not: return all(value_type::boolean, value_type::boolean, e, args, pool);
    case op::cast: return e.type;
    case op::is_null: return value_type::boolean;
    case op::case_when:
    case op::case_of: return case_type(e, args, pool);
    case op::attempt: return args[0].type;
    case op::otherwise: return common(args[0].type, args[1].type);
    case op::element: return value_type::any;
    case op::in_array: return value_type::boolean;
    default: break;
  }
  for (const auto& other : args.subspan(1)) comparable(e, args[0], other);
  return value_type::boolean;
}

value_type binder::all(value_type type, value_type result, const expression& e, std::span<const bound> args,
                       const expression_pool& pool) {
  for (std::size_t i = 0; i < args.size(); ++i) require(type, args[i], pool[e.args[i]].where, name_of(e.code));
  return result;
}

void binder::comparable(const expression& e, bound left, bound right) {
  if (left.type == right.type || left.type == value_type::any || right.type == value_type::any) return;
  wrong_.add(e.where, "P0207",
             std::format("{} cannot be compared with {}", detail::name_of(left.type), detail::name_of(right.type)),
             "cast(x AS number), cast(x AS text) or cast(x AS boolean) makes one of the other");
}

value_type binder::case_type(const expression& e, std::span<const bound> args, const expression_pool& pool) {
  const std::size_t first = e.code == op::case_of ? 1 : 0;
  auto type = args.back().type;
  for (std::size_t i = first; i + 1 < args.size(); i += 2) {
    if (e.code == op::case_of) {
      comparable(pool[e.args[i]], args[0], args[i]);
    } else {
      require(value_type::boolean, args[i], pool[e.args[i]].where, "WHEN");
    }
    type = common(type, args[i + 1].type);
  }
  return type;
}

bool binder::require(value_type type, bound given, range where, std::string_view by) {
  if (type == value_type::any || given.type == value_type::any || given.type == type) return true;
  wrong_.add(where, "P0207",
             std::format("{} needs {}, and this is {}", by, detail::name_of(type), detail::name_of(given.type)),
             type == value_type::boolean ? "write a comparison, such as x > 0 or x = 'on'" : "");
  return false;
}

binder::bound binder::add(program::node made, std::span<const bound> args, value_type type) {
  made.count = static_cast<std::uint16_t>(args.size());
  made.first = static_cast<std::uint32_t>(out_.operands.size());
  for (const auto& arg : args) out_.operands.push_back(arg.id);
  out_.nodes.push_back(made);
  return {static_cast<node_id>(out_.nodes.size() - 1), type};
}

}  // namespace perigee::rules::detail
