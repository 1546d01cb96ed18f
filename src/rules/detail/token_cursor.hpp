#pragma once
// Walks tokens and says what was expected where they disappoint.

#include <format>
#include <string>
#include <string_view>
#include <vector>

#include "rules/detail/lexer.hpp"

namespace perigee::rules::detail {

/// What the parsers of statements and expressions share. Owned by the parse of one text.
class token_cursor {
 public:
  token_cursor(std::vector<token> tokens, problems& wrong) : tokens_(std::move(tokens)), wrong_(wrong) {}

  [[nodiscard]] const token& peek() const { return tokens_[at_]; }
  [[nodiscard]] const token& ahead(std::size_t n) const { return tokens_[std::min(at_ + n, tokens_.size() - 1)]; }
  [[nodiscard]] bool at_end() const { return peek().kind == token_kind::end; }
  /// The end stays.
  const token& take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  /// Where what was taken last ends in the file.
  [[nodiscard]] std::uint32_t taken_until() const {
    return at_ == 0 ? 0 : tokens_[at_ - 1].where.at + tokens_[at_ - 1].where.length;
  }

  bool take_word(std::string_view upper) { return peek().is_word(upper) && (take(), true); }
  bool take_symbol(std::string_view symbol) { return peek().is(symbol) && (take(), true); }
  bool expect_word(std::string_view upper) { return take_word(upper) || (unexpected(upper), false); }
  bool expect_symbol(std::string_view symbol) {
    return take_symbol(symbol) || (unexpected(std::format("'{}'", symbol)), false);
  }

  /// "expected X, found Y" at the next token.
  void unexpected(std::string_view wanted, std::string help = {}) {
    const auto& found = peek();
    if (found.kind == token_kind::broken) return;
    wrong_.add(found.where, "P0203", std::format("expected {}, found {}", wanted, described(found)), std::move(help));
  }

  [[nodiscard]] problems& wrong() { return wrong_; }

 private:
  static std::string described(const token& t) {
    switch (t.kind) {
      case token_kind::end: return "the end";
      case token_kind::text: return std::format("the text '{}'", t.text);
      case token_kind::quoted: return std::format("the name \"{}\"", t.text);
      default: return std::format("'{}'", t.text);
    }
  }

  std::vector<token> tokens_;
  problems& wrong_;
  std::size_t at_ = 0;
};

/// Words that are never the name of a field; "double quotes" make a name of any of them.
[[nodiscard]] bool is_reserved(const token& t);

}  // namespace perigee::rules::detail
