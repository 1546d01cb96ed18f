#include "rules/detail/lexer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <format>

namespace perigee::rules::detail {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_word_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
constexpr bool is_word_part(char c) { return is_word_start(c) || is_digit(c); }
constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
constexpr char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

// Longest first.
constexpr std::array<std::string_view, 24> symbols{"<=", ">=", "<>", "!=", "||", "->", "(", ")", ",", ".", "+", "-",
                                                   "*",  "/",  "%",  "=",  "<",  ">",  ";", "[", "]", "{", "}", ":"};

class scanner {
 public:
  scanner(located_text in, problems& wrong) : in_(in), text_(in.text), wrong_(wrong) {}

  std::vector<token> run() {
    while (skip_blank(), at_ < text_.size()) one();
    add(token_kind::end, at_, {});
    return std::move(out_);
  }

 private:
  void one() {
    const char c = text_[at_];
    if (is_word_start(c)) {
      word();
    } else if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
      number();
    } else if (c == '\'') {
      quoted(token_kind::text, "P0201", "this text never ends", "close it with '");
    } else if (c == '"') {
      quoted(token_kind::quoted, "P0201", "this name never ends", "close it with \"");
    } else {
      symbol();
    }
  }

  void skip_blank() {
    for (;;) {
      while (at_ < text_.size() && is_space(text_[at_])) ++at_;
      const auto rest = text_.substr(at_);
      if (rest.starts_with("--")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (rest.starts_with("/*")) {
        const auto end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) wrong_.add(in_.place(at_, 2), "P0201", "this comment never ends");
        at_ = end == std::string_view::npos ? text_.size() : end + 2;
      } else {
        return;
      }
    }
  }

  void word() {
    const auto start = at_;
    while (at_ < text_.size() && is_word_part(text_[at_])) ++at_;
    add(token_kind::word, start, std::string(text_.substr(start, at_ - start)));
  }

  void number() {
    const auto start = at_;
    auto digits = [&] {
      while (is_digit(peek(0))) ++at_;
    };
    digits();
    if (peek(0) == '.') {
      ++at_;
      digits();
    }
    if (to_upper(peek(0)) == 'E') {
      at_ += peek(1) == '+' || peek(1) == '-' ? 2 : 1;
      digits();
    }
    while (at_ < text_.size() && is_word_part(text_[at_])) ++at_;
    const auto text = text_.substr(start, at_ - start);
    double value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
      wrong_.add(
          in_.place(start, text.size()), "P0211", std::format("'{}' is not a number", text),
          "a number is written like 85, 0.5 or 1e-3; a name that starts with a digit goes into \"double quotes\"");
      return add(token_kind::broken, start, std::string(text));
    }
    add(token_kind::number, start, std::string(text), value);
  }

  void quoted(token_kind kind, const char* code, const char* unterminated, const char* help) {
    const auto start = at_++;
    const char quote = text_[start];
    std::string content;
    for (; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
      if (text_[at_] == quote) {
        if (peek(1) != quote) {
          ++at_;
          return add(kind, start, std::move(content));
        }
        ++at_;
      }
      content += text_[at_];
    }
    wrong_.add(in_.place(start, at_ - start), code, unterminated, help);
    add(token_kind::broken, start, std::move(content));
  }

  void symbol() {
    const auto rest = text_.substr(at_);
    for (const auto one : symbols) {
      if (!rest.starts_with(one)) continue;
      at_ += one.size();
      return add(token_kind::symbol, at_ - one.size(), std::string(one));
    }
    const auto c = static_cast<unsigned char>(rest.front());
    wrong_.add(in_.place(at_, 1), "P0202",
               c >= 0x20 && c < 0x7f ? std::format("'{}' means nothing here", rest.front())
                                     : std::format("the byte 0x{:02x} means nothing here", c));
    ++at_;
    add(token_kind::broken, at_ - 1, {});
  }

  [[nodiscard]] char peek(std::size_t ahead) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  void add(token_kind kind, std::size_t start, std::string text, double number = 0) {
    out_.push_back({kind, in_.place(start, std::max<std::size_t>(at_ - start, 1)), std::move(text), number});
  }

  located_text in_;
  std::string_view text_;
  problems& wrong_;
  std::size_t at_ = 0;
  std::vector<token> out_;
};

}  // namespace

bool token::is_word(std::string_view upper) const {
  return kind == token_kind::word && equal_ignoring_case(text, upper);
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return to_upper(x) == to_upper(y); });
}

std::vector<token> lex(located_text in, problems& wrong) { return scanner(in, wrong).run(); }

}  // namespace perigee::rules::detail
