#include "promql/detail/lexer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <format>
#include <limits>

#include "base/limits.hpp"
#include "promql/detail/quoted.hpp"

namespace perigee::promql::detail {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
constexpr bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
constexpr bool is_name_part(char c) { return is_name_start(c) || is_digit(c); }
constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Longest first.
constexpr std::array<std::string_view, 23> symbols{"=~", "!~", "==", "!=", "<=", ">=", "(", ")", "[", "]", "{", "}",
                                                   ",",  "=",  "<",  ">",  "+",  "-",  "*", "/", "%", "^", "@"};

class scanner {
 public:
  explicit scanner(std::string_view query) : text_(query) {}

  outcome<std::vector<token>> run() {
    while (skip_blank(), at_ < text_.size()) {
      if (auto taken = one(); !taken) return std::unexpected(std::move(taken).error());
    }
    add(token_kind::end, at_, {});
    return std::move(out_);
  }

 private:
  outcome<> one() {
    const char c = text_[at_];
    // In brackets a colon parts a subquery's range from its step; elsewhere it belongs to a name.
    if (is_name_start(c) || (c == ':' && !in_brackets_)) {
      name();
      return {};
    }
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (c == '"' || c == '\'' || c == '`') return quoted_text();
    return symbol();
  }

  void name() {
    const auto begin = at_;
    while (is_name_part(peek(0)) || peek(0) == ':') ++at_;
    add(token_kind::name, begin, text_.substr(begin, at_ - begin));
  }

  outcome<> number() {
    const auto begin = at_;
    const bool hex = peek(0) == '0' && (peek(1) == 'x' || peek(1) == 'X');
    if (hex) {
      at_ += 2;
      while (is_hex_digit(peek(0))) ++at_;
    } else {
      decimal();
    }
    while (is_name_part(peek(0))) ++at_;  // units of a duration, or what does not belong to a number
    const auto all = text_.substr(begin, at_ - begin);
    auto& made = add(token_kind::number, begin, all);
    if (const auto seconds = hex ? std::nullopt : duration_seconds(all)) {
      made.kind = token_kind::duration;
      made.number = *seconds;
      return {};
    }
    const auto* const from = all.data() + (hex ? 2 : 0);
    const auto* const end = all.data() + all.size();
    const auto format = hex ? std::chars_format::hex : std::chars_format::general;
    const auto [stopped, wrong] = std::from_chars(from, end, made.number, format);
    if (wrong == std::errc::result_out_of_range) made.number = std::numeric_limits<double>::infinity();
    if (stopped == end && wrong != std::errc::invalid_argument) return {};
    return parse_error(text_, begin, std::format("bad number or duration syntax: \"{}\"", all));
  }

  void decimal() {
    while (is_digit(peek(0)) || peek(0) == '.') ++at_;
    const bool exponent = peek(0) == 'e' || peek(0) == 'E';
    const bool sign = exponent && (peek(1) == '+' || peek(1) == '-');
    if (exponent && is_digit(peek(sign ? 2 : 1))) at_ += sign ? 2 : 1;
    while (is_digit(peek(0))) ++at_;
  }

  outcome<> quoted_text() {
    auto read = read_quoted(text_.substr(at_));
    if (!read) return parse_error(text_, at_, read.error());
    add(token_kind::text, at_, read->text);
    at_ += read->length;
    return {};
  }

  outcome<> symbol() {
    const auto rest = text_.substr(at_);
    if (in_brackets_ && rest.front() == ':') {
      add(token_kind::symbol, at_++, ":");
      return {};
    }
    const auto* const found = std::ranges::find_if(symbols, [rest](auto each) { return rest.starts_with(each); });
    if (found == symbols.end()) return parse_error(text_, at_, unexpected_character(rest.front()));
    if (*found == "[") in_brackets_ = true;
    if (*found == "]") in_brackets_ = false;
    add(token_kind::symbol, at_, *found);
    at_ += found->size();
    return {};
  }

  static std::string unexpected_character(char c) {
    if (c > ' ' && c <= '~') return std::format("unexpected character: '{}'", c);
    return std::format("unexpected byte 0x{:02x}", static_cast<unsigned char>(c));
  }

  void skip_blank() {
    for (;;) {
      while (is_space(peek(0))) ++at_;
      if (peek(0) != '#') return;
      while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    }
  }

  [[nodiscard]] char peek(std::size_t ahead) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  token& add(token_kind kind, std::size_t at, std::string_view text) {
    return out_.emplace_back(kind, static_cast<std::uint32_t>(at), std::string(text), 0.0);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool in_brackets_ = false;
  std::vector<token> out_;
};

struct unit {
  std::string_view name;
  double seconds;
};
// A duration names them in this order, each at most once.
constexpr std::array<unit, 7> units{{{"y", 365 * 86'400.0},
                                     {"w", 7 * 86'400.0},
                                     {"d", 86'400.0},
                                     {"h", 3600.0},
                                     {"m", 60.0},
                                     {"s", 1.0},
                                     {"ms", 1e-3}}};

}  // namespace

bool equal_ignoring_case(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, {},
                            [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
}

bool token::is_word(std::string_view lower) const {
  return kind == token_kind::name && equal_ignoring_case(text, lower);
}

std::optional<double> duration_seconds(std::string_view text) {
  double milliseconds = 0;
  const auto* next_unit = units.begin();
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::uint64_t count = 0;
    const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (wrong != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const auto name = text.substr(0, text.find_first_of("0123456789"));
    next_unit = std::find_if(next_unit, units.end(), [name](const auto& each) { return each.name == name; });
    if (next_unit == units.end()) return std::nullopt;
    milliseconds += static_cast<double>(count) * std::round(next_unit->seconds * 1000);
    ++next_unit;
    text.remove_prefix(name.size());
  }
  return milliseconds / 1000;
}

outcome<std::vector<token>> lex(std::string_view query) {
  if (query.size() > limits::promql_query_bytes_max) {
    return bad_data(std::format("the query has over {} bytes", limits::promql_query_bytes_max));
  }
  return scanner(query).run();
}

std::unexpected<fault> parse_error(std::string_view query, std::size_t at, std::string_view message) {
  const auto before = query.substr(0, std::min(at, query.size()));
  const auto line = std::ranges::count(before, '\n') + 1;
  const auto last_line = before.rfind('\n');
  const auto column = before.size() - (last_line == std::string_view::npos ? 0 : last_line + 1) + 1;
  return bad_data(std::format("{}:{}: parse error: {}", line, column, message));
}

}  // namespace perigee::promql::detail
