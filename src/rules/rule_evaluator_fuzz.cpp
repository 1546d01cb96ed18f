// The bytes say an expression and the fields it looks at. What the compiled rule gives must be what an interpreter
// gives that was written down from docs/rules.md: three-valued logic, and NULL for what cannot be computed.

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <format>
#include <string>
#include <variant>
#include <vector>

#include "rules/rule_set.hpp"

namespace {

using namespace perigee;

/// NULL, a number, a truth value, a text.
using plain = std::variant<std::monostate, double, bool, std::string>;
constexpr plain null{};

bool is_null(const plain& v) { return std::holds_alternative<std::monostate>(v); }
const double* number(const plain& v) { return std::get_if<double>(&v); }
const bool* boolean(const plain& v) { return std::get_if<bool>(&v); }
const std::string* text(const plain& v) { return std::get_if<std::string>(&v); }
bool is_true(const plain& v) { return boolean(v) != nullptr && *boolean(v); }
bool is_false(const plain& v) { return boolean(v) != nullptr && !*boolean(v); }
plain finite(double x) { return std::isfinite(x) ? plain(x) : null; }

std::string written(double x) {
  const bool whole = std::trunc(x) == x && std::abs(x) < 9e15;
  return whole ? std::format("{}", static_cast<std::int64_t>(x)) : std::format("{}", x);
}
std::string as_json(const plain& v) {
  if (number(v) != nullptr) return written(*number(v));
  if (boolean(v) != nullptr) return *boolean(v) ? "true" : "false";
  return text(v) != nullptr ? '"' + *text(v) + '"' : "null";
}

const std::vector<plain> values{null,
                                0.0,
                                1.0,
                                -2.5,
                                7.0,
                                1e300,
                                0.1,
                                true,
                                false,
                                std::string(),
                                std::string("a"),
                                std::string("7"),
                                std::string("true"),
                                std::string("Ab c"),
                                100.0,
                                -1.0};

/// An expression in both forms: as a rule writes it, and what it is.
struct both {
  std::string sql;
  plain value;
};

plain computed(char op, const plain& a, const plain& b) {
  if (number(a) == nullptr || number(b) == nullptr) return null;
  const double x = *number(a);
  const double y = *number(b);
  switch (op) {
    case '+': return finite(x + y);
    case '-': return finite(x - y);
    case '*': return finite(x * y);
    case '/': return y == 0 ? null : finite(x / y);
    default: return y == 0 ? null : finite(std::fmod(x, y));
  }
}

plain compared(std::string_view op, const plain& a, const plain& b) {
  if (is_null(a) || is_null(b) || a.index() != b.index()) return null;
  if (op == "=") return a == b;
  if (op == "<>") return a != b;
  if (op == "<") return a < b;
  if (op == "<=") return a <= b;
  return op == ">" ? a > b : a >= b;
}

plain both_true(const plain& a, const plain& b) {
  if (is_false(a) || is_false(b)) return false;
  return is_true(a) && is_true(b) ? plain(true) : null;
}
plain one_true(const plain& a, const plain& b) {
  if (is_true(a) || is_true(b)) return true;
  return is_false(a) && is_false(b) ? plain(false) : null;
}
plain opposite(const plain& a) { return boolean(a) != nullptr ? plain(!*boolean(a)) : null; }

plain cast(std::string_view to, const plain& v) {
  if (is_null(v)) return null;
  if (to == "text") return text(v) != nullptr ? v : plain(as_json(v));
  if (to == "number") {
    if (boolean(v) != nullptr) return *boolean(v) ? 1.0 : 0.0;
    if (number(v) != nullptr) return v;
    double out = 0;
    const auto& s = *text(v);
    const auto parsed = std::from_chars(s.data(), s.data() + s.size(), out);
    return parsed.ec == std::errc() && parsed.ptr == s.data() + s.size() ? finite(out) : null;
  }
  if (number(v) != nullptr) return *number(v) != 0;
  if (boolean(v) != nullptr) return v;
  if (*text(v) == "true") return true;
  return *text(v) == "false" ? plain(false) : null;
}

class generator {
 public:
  explicit generator(byte_view from) : from_(from) {}

  both expression(int depth) {
    const auto choice = from_.u8();
    if (depth == 0 || choice < 40 || from_.done()) return leaf();
    switch (choice % 12) {
      case 0: return arithmetic(depth);
      case 1: return comparison(depth);
      case 2: return logic(depth);
      case 3: {
        const auto a = expression(depth - 1);
        return {std::format("(NOT {})", a.sql), opposite(a.value)};
      }
      case 4: {
        const auto a = expression(depth - 1);
        return {std::format("({} IS NULL)", a.sql), is_null(a.value)};
      }
      case 5: return between(depth);
      case 6: return in(depth);
      case 7: return chosen(depth);
      case 8: {
        const auto a = expression(depth - 1);
        const auto b = expression(depth - 1);
        return {std::format("(TRY({}) DEFAULT {})", a.sql, b.sql), is_null(a.value) ? b.value : a.value};
      }
      case 9: return converted(depth);
      case 10: {
        const auto a = expression(depth - 1);
        const auto b = expression(depth - 1);
        const bool joined = text(a.value) != nullptr && text(b.value) != nullptr;
        return {std::format("({} || {})", a.sql, b.sql), joined ? plain(*text(a.value) + *text(b.value)) : null};
      }
      default: return called(depth);
    }
  }

  /// The payload that the fields are of.
  [[nodiscard]] std::string payload() const {
    std::string out = "{";
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      out += std::format("{}\"f{}\":{}", i == 0 ? "" : ",", i, as_json(fields_[i]));
    }
    return out + "}";
  }

 private:
  /// A field: then no type is known before it comes, and nothing is refused.
  both leaf() {
    fields_.push_back(values[from_.u8() % values.size()]);
    return {std::format("f{}", fields_.size() - 1), fields_.back()};
  }

  both arithmetic(int depth) {
    const char op = "+-*/%"[from_.u8() % 5];
    const auto a = expression(depth - 1);
    const auto b = expression(depth - 1);
    return {std::format("({} {} {})", a.sql, op, b.sql), computed(op, a.value, b.value)};
  }

  both comparison(int depth) {
    constexpr const char* ops[] = {"=", "<>", "<", "<=", ">", ">="};
    const auto* op = ops[from_.u8() % 6];
    const auto a = expression(depth - 1);
    const auto b = expression(depth - 1);
    return {std::format("({} {} {})", a.sql, op, b.sql), compared(op, a.value, b.value)};
  }

  both logic(int depth) {
    const bool all = from_.u8() % 2 == 0;
    const auto a = expression(depth - 1);
    const auto b = expression(depth - 1);
    return {std::format("({} {} {})", a.sql, all ? "AND" : "OR", b.sql),
            all ? both_true(a.value, b.value) : one_true(a.value, b.value)};
  }

  both between(int depth) {
    const auto x = expression(depth - 1);
    const auto low = expression(depth - 1);
    const auto high = expression(depth - 1);
    return {std::format("({} BETWEEN {} AND {})", x.sql, low.sql, high.sql),
            both_true(compared(">=", x.value, low.value), compared("<=", x.value, high.value))};
  }

  both in(int depth) {
    const bool array = from_.u8() % 2 == 0;
    const auto x = expression(depth - 1);
    const auto a = expression(depth - 1);
    const auto b = expression(depth - 1);
    plain out = one_true(compared("=", x.value, a.value), compared("=", x.value, b.value));
    // Elements of an array may be of any kind: another kind is another value, in a list it cannot be compared.
    const auto is = [&](const both& one) {
      if (is_null(x.value) || is_null(one.value)) return null;
      return plain(x.value == one.value);
    };
    if (array) out = one_true(is(a), is(b));
    const auto choices = std::format("{}, {}", a.sql, b.sql);
    return {std::format("({} IN {})", x.sql, array ? '[' + choices + ']' : '(' + choices + ')'), out};
  }

  both chosen(int depth) {
    const auto when = expression(depth - 1);
    const auto then = expression(depth - 1);
    const auto other = expression(depth - 1);
    return {std::format("(CASE WHEN {} THEN {} ELSE {} END)", when.sql, then.sql, other.sql),
            is_true(when.value) ? then.value : other.value};
  }

  both converted(int depth) {
    constexpr const char* types[] = {"number", "text", "boolean"};
    const auto* to = types[from_.u8() % 3];
    const auto a = expression(depth - 1);
    return {std::format("cast({} AS {})", a.sql, to), cast(to, a.value)};
  }

  both called(int depth) {
    const auto which = from_.u8() % 4;
    const auto a = expression(depth - 1);
    if (which == 0) return {std::format("abs({})", a.sql), number(a.value) ? plain(std::abs(*number(a.value))) : null};
    if (which == 1) {
      const auto* s = text(a.value);
      return {std::format("length({})", a.sql), s != nullptr ? plain(static_cast<double>(s->size())) : null};
    }
    const auto b = expression(depth - 1);
    if (which == 2) return {std::format("coalesce({}, {})", a.sql, b.sql), is_null(a.value) ? b.value : a.value};
    const bool numbers = number(a.value) != nullptr && number(b.value) != nullptr;
    return {std::format("least({}, {})", a.sql, b.sql),
            numbers ? plain(std::min(*number(a.value), *number(b.value))) : null};
  }

  byte_reader from_;
  std::vector<plain> fields_;
};

class stored : public rules::action_sink {
 public:
  void on_publish(const rules::publish_action&) override {}
  void on_alarm(const rules::alarm_action&) override {}
  void on_store(const rules::store_action& action) override { payload = as_text(action.payload); }

  std::string payload;
};

/// Numbers may be written in more than one way.
bool is_same(const std::string& came, const plain& wanted) {
  if (number(wanted) == nullptr) return came == as_json(wanted);
  double x = 0;
  const auto parsed = std::from_chars(came.data(), came.data() + came.size(), x);
  return parsed.ec == std::errc() && parsed.ptr == came.data() + came.size() && x == *number(wanted);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr int depth_max = 5;
  generator from(byte_view(data, size));
  const auto [sql, wanted] = from.expression(depth_max);
  const rules::rule_source rule{"fuzz.rule.sql",
                                std::format("/*\n[[action]]\nstore = \"out\"\n*/\nSELECT {} AS x FROM 'in'", sql)};
  auto set = rules::rule_set::load({&rule, 1});
  if (!set) {
    // Only what is known before it runs: "1 AND ..." is of one type whatever the fields are.
    for (const auto& one : set.error()) {
      if (one.code != "P0207") std::abort();
    }
    return 0;
  }
  stored out;
  set->apply({"in", as_bytes(from.payload()), timestamp{1}, {}}, out);
  constexpr std::string_view before = R"({"x":)";
  const auto came = out.payload.size() > before.size()
                        ? out.payload.substr(before.size(), out.payload.size() - before.size() - 1)
                        : std::string("nothing");
  if (is_same(came, wanted)) return 0;
  std::fprintf(stderr, "%s of %s is %s, not %s\n", sql.c_str(), from.payload().c_str(), came.c_str(),
               as_json(wanted).c_str());
  std::abort();
}
