#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <compare>
#include <optional>

#include "base/rules_limits.hpp"
#include "rules/detail/lexer.hpp"
#include "rules/detail/like.hpp"
#include "rules/detail/program.hpp"

namespace perigee::rules::detail {
namespace {

/// One run over a program. The depth of recursion is the depth of the rule's expressions: limits::rule_nodes_max.
class runner {
 public:
  runner(const program& code, const evaluation& with) : code_(code), with_(with) {}

  value run(node_id id) {
    const auto& n = code_.nodes[id];
    switch (n.code) {
      case op::constant: return code_.constants[n.first];
      case op::field: return with_.fields[n.first];
      case op::call: return call(n);
      case op::cast: return cast(run(operand(n, 0)), n.type);
      case op::negate: return negate(run(operand(n, 0)));
      case op::add:
      case op::subtract:
      case op::multiply:
      case op::divide:
      case op::modulo: return arithmetic(n.code, run(operand(n, 0)), run(operand(n, 1)));
      case op::concat: return joined(run(operand(n, 0)), run(operand(n, 1)));
      case op::equal:
      case op::not_equal:
      case op::less:
      case op::less_equal:
      case op::greater:
      case op::greater_equal: return compared(n.code, run(operand(n, 0)), run(operand(n, 1)));
      case op::logic_and: return decided(n, &value::is_false);
      case op::logic_or: return decided(n, &value::is_true);
      case op::logic_not: return negation(run(operand(n, 0)));
      case op::is_null: return of_boolean(run(operand(n, 0)).is_null());
      case op::like: return like(run(operand(n, 0)), run(operand(n, 1)));
      case op::between: return between(n);
      case op::in: return in(n);
      case op::case_when: return case_when(n);
      case op::case_of: return case_of(n);
      case op::in_array: return in_array(run(operand(n, 0)), run(operand(n, 1)));
      case op::list: return written(n, '[', ']');
      case op::object: return written(n, '{', '}');
      case op::element: return element_of(run(operand(n, 0)), run(operand(n, 1)), with_);
      case op::group_key: return with_.window->keys[n.first];
      case op::analytic: return with_.analytics[n.first];
      case op::watched: return watched(n);
      case op::joined: return with_.joined[n.first];
      case op::aggregate: return with_.window->aggregates[n.first];
      case op::attempt: return attempt(operand(n, 0));
      case op::otherwise: return otherwise(n);
    }
    return {};
  }

 private:
  [[nodiscard]] node_id operand(const program::node& n, std::size_t i) const { return code_.operands[n.first + i]; }

  value call(const program::node& n) {
    std::array<value, function_arguments_max> args;
    const auto& f = *n.callee;
    for (std::size_t i = 0; i < n.count; ++i) {
      args[i] = run(operand(n, i));
      if (args[i].is_null() && !f.sees_null) return {};
      if (!fits(args[i], f.parameter_type(i))) return with_.wrong();
    }
    const auto given = std::span(args).first(n.count);
    return n.ready != nullptr ? f.prepared_body(with_, given, *n.ready) : f.body(with_, given);
  }

  value watched(const program::node& n) {
    const auto out = run(operand(n, 0));
    auto& tally = with_.tallies[operand(n, 1)];
    ++(out.is_true() ? tally.trues : out.is_false() ? tally.falses : tally.nulls);
    return out;
  }

  value negate(const value& x) {
    if (x.is_null()) return {};
    return x.kind == value_kind::number ? of_number(-x.number) : with_.wrong();
  }

  value arithmetic(op code, const value& a, const value& b) {
    if (a.kind != value_kind::number || b.kind != value_kind::number) {
      return fits(a, value_type::number) && fits(b, value_type::number) ? value{} : with_.wrong();
    }
    const double x = computed(code, a.number, b.number);
    return std::isfinite(x) ? of_number(x) : with_.wrong();
  }

  static double computed(op code, double a, double b) {
    switch (code) {
      case op::add: return a + b;
      case op::subtract: return a - b;
      case op::multiply: return a * b;
      case op::divide: return b == 0 ? HUGE_VAL : a / b;
      default: return b == 0 ? HUGE_VAL : std::fmod(a, b);
    }
  }

  value joined(const value& a, const value& b) {
    if (a.is_null() || b.is_null()) return {};
    if (a.kind != value_kind::text || b.kind != value_kind::text) return with_.wrong();
    with_.texts.begin();
    with_.texts.put(a.text);
    with_.texts.put(b.text);
    return with_.made();
  }

  /// Nothing where one is NULL or they cannot be compared.
  std::optional<std::strong_ordering> order(const value& a, const value& b) {
    if (a.is_null() || b.is_null()) return std::nullopt;
    if (a.kind != b.kind || a.kind == value_kind::json) {
      ++with_.errors;
      return std::nullopt;
    }
    if (a.kind == value_kind::text) return a.text <=> b.text;
    if (a.kind == value_kind::boolean) return a.flag <=> b.flag;
    return a.number < b.number   ? std::strong_ordering::less
           : a.number > b.number ? std::strong_ordering::greater
                                 : std::strong_ordering::equal;
  }

  value compared(op code, const value& a, const value& b) {
    const auto o = order(a, b);
    if (!o) return {};
    switch (code) {
      case op::equal: return of_boolean(*o == 0);
      case op::not_equal: return of_boolean(*o != 0);
      case op::less: return of_boolean(*o < 0);
      case op::less_equal: return of_boolean(*o <= 0);
      case op::greater: return of_boolean(*o > 0);
      default: return of_boolean(*o >= 0);
    }
  }

  value checked_boolean(const value& x) { return fits(x, value_type::boolean) ? x : with_.wrong(); }

  /// AND is false as soon as one side is, whatever the other; OR is true likewise. Else NULL if either is NULL.
  value decided(const program::node& n, bool (value::*settles)() const) {
    const auto left = checked_boolean(run(operand(n, 0)));
    if ((left.*settles)()) return left;
    const auto right = checked_boolean(run(operand(n, 1)));
    return (right.*settles)() || !left.is_null() ? right : left;
  }

  value negation(const value& x) {
    const auto b = checked_boolean(x);
    return b.is_null() ? b : of_boolean(!b.flag);
  }

  value like(const value& text, const value& pattern) {
    if (text.is_null() || pattern.is_null()) return {};
    if (text.kind != value_kind::text || pattern.kind != value_kind::text) return with_.wrong();
    return of_boolean(is_like(text.text, pattern.text));
  }

  value between(const program::node& n) {
    const auto x = run(operand(n, 0));
    const auto low = compared(op::greater_equal, x, run(operand(n, 1)));
    if (low.is_false()) return low;
    const auto high = compared(op::less_equal, x, run(operand(n, 2)));
    return high.is_false() || !low.is_null() ? high : low;
  }

  value in(const program::node& n) {
    const auto x = run(operand(n, 0));
    bool unknown = false;
    for (std::size_t i = 1; i < n.count; ++i) {
      const auto same = compared(op::equal, x, run(operand(n, i)));
      if (same.is_true()) return same;
      unknown |= same.is_null();
    }
    return unknown ? value{} : of_boolean(false);
  }

  value in_array(const value& x, const value& array) {
    if (x.is_null() || array.is_null()) return {};
    if (array.kind != value_kind::json) return with_.wrong();
    bool found = false;
    bool unknown = false;
    const bool is_array = with_.json.for_each(array.text, with_.texts, [&](const value& one) {
      found = x.kind == one.kind && compared(op::equal, x, one).is_true();
      unknown |= one.is_null();
      return !found;
    });
    if (!is_array) return with_.wrong();
    return unknown && !found ? value{} : of_boolean(found);
  }

  /// [a, b] or {"name":a}: the compiler has bounded how many there are.
  value written(const program::node& n, char open, char close) {
    std::array<value, limits::rule_list_elements_max> parts;
    for (std::size_t i = 0; i < n.count; ++i) parts[i] = run(operand(n, i));
    with_.texts.begin();
    with_.texts.put(open);
    for (std::size_t i = 0; i < n.count; ++i) {
      if (i != 0) with_.texts.put(open == '{' && i % 2 == 1 ? ':' : ',');
      put_json(with_.texts, parts[i]);
    }
    with_.texts.put(close);
    return with_.made_json();
  }

  /// NULL where it cannot be computed, which is then no error.
  value attempt(node_id of) {
    const auto errors = with_.errors;
    const auto out = run(of);
    with_.errors = errors;
    return out;
  }

  value otherwise(const program::node& n) {
    const auto out = attempt(operand(n, 0));
    return out.is_null() ? run(operand(n, 1)) : out;
  }

  value case_when(const program::node& n) {
    std::size_t i = 0;
    for (; i + 1 < n.count; i += 2) {
      if (checked_boolean(run(operand(n, i))).is_true()) return run(operand(n, i + 1));
    }
    return run(operand(n, i));
  }

  value case_of(const program::node& n) {
    const auto x = run(operand(n, 0));
    std::size_t i = 1;
    for (; i + 1 < n.count; i += 2) {
      if (compared(op::equal, x, run(operand(n, i))).is_true()) return run(operand(n, i + 1));
    }
    return run(operand(n, i));
  }

  value cast(const value& x, value_type to) {
    if (x.is_null() || to == value_type::any) return x;
    if (fits(x, to)) return x;
    switch (to) {
      case value_type::number: return to_number(x);
      case value_type::boolean: return to_boolean(x);
      default: break;
    }
    with_.texts.begin();
    put_plain(with_.texts, x);
    return with_.made();
  }

  value to_number(const value& x) {
    if (x.kind == value_kind::boolean) return of_number(x.flag ? 1 : 0);
    double out = 0;
    const auto* end = x.text.data() + x.text.size();
    const auto parsed = std::from_chars(x.text.data(), end, out);
    const bool good = x.kind == value_kind::text && parsed.ec == std::errc() && parsed.ptr == end && std::isfinite(out);
    return good ? of_number(out) : with_.wrong();
  }

  value to_boolean(const value& x) {
    if (x.kind == value_kind::number) return of_boolean(x.number != 0);
    if (equal_ignoring_case(x.text, "true")) return of_boolean(true);
    return equal_ignoring_case(x.text, "false") ? of_boolean(false) : with_.wrong();
  }

  const program& code_;
  const evaluation& with_;
};

}  // namespace

value evaluate(const program& code, node_id at, const evaluation& with) { return runner(code, with).run(at); }

}  // namespace perigee::rules::detail
