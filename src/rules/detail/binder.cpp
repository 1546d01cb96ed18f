#include "rules/detail/binder.hpp"

#include <algorithm>
#include <format>

#include "base/rules_limits.hpp"

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
  return made.id;
}

binder::bound binder::visit(const expression_pool& pool, expression_id id) {
  const auto& e = pool[id];
  if (e.code == op::constant) return constant(e);
  if (e.code == op::field) return field(e);
  std::vector<bound> args;
  args.reserve(e.args.size());
  for (const auto arg : e.args) args.push_back(visit(pool, arg));
  if (e.code == op::call) return call(e, args, pool);
  return add({.code = e.code, .type = e.type}, args, result_type(e, args, pool));
}

binder::bound binder::constant(const expression& e) {
  auto v = e.literal;
  if (v.kind == value_kind::text) v.text = out_.texts.emplace_back(e.name);
  out_.constants.push_back(v);
  const auto type = v.kind == value_kind::number    ? value_type::number
                    : v.kind == value_kind::boolean ? value_type::boolean
                    : v.kind == value_kind::text    ? value_type::text
                                                    : value_type::any;
  out_.nodes.push_back({.code = op::constant, .first = static_cast<std::uint32_t>(out_.constants.size() - 1)});
  return {static_cast<node_id>(out_.nodes.size() - 1), type};
}

binder::bound binder::field(const expression& e) {
  if (e.path.size() == 1) {
    const auto same = std::ranges::find(columns_, e.path.front(), &named::name);
    if (same != columns_.end()) return same->is;
  }
  const auto slot = fields_.slot_of(e.path);
  if (slot == limits::rule_fields_max) {
    wrong_.add(e.where, "P0212", std::format("more than {} fields in all rules", limits::rule_fields_max));
  }
  out_.nodes.push_back({.code = op::field, .first = slot});
  return {static_cast<node_id>(out_.nodes.size() - 1), value_type::any};
}

binder::bound binder::call(const expression& e, std::span<const bound> args, const expression_pool& pool) {
  const auto* f = find_function(e.name);
  if (f == nullptr) {
    std::vector<std::string_view> known;
    for (const auto& one : functions()) known.push_back(one.name);
    wrong_.add(e.where, "P0205", std::format("unknown function '{}'", e.name), did_you_mean(e.name, known));
    return {};
  }
  if (args.size() < f->arguments_min || args.size() > f->arguments_max) {
    wrong_.add(e.where, "P0206",
               std::format("'{}' does not take {} argument{}", f->name, args.size(), args.size() == 1 ? "" : "s"),
               argument_help(*f));
    return {};
  }
  auto type = f->result;
  if (type == value_type::any && !args.empty()) {
    type = args.front().type;
    for (const auto& arg : args) type = common(type, arg.type);
  }
  for (std::size_t i = 0; i < args.size(); ++i) {
    require(f->parameter_type(i), args[i], pool[e.args[i]].where, std::format("'{}'", f->name));
  }
  return add({.code = op::call, .callee = f}, args, type);
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
