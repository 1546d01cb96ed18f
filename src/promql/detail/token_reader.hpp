#pragma once

#include <algorithm>
#include <format>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "promql/detail/lexer.hpp"

namespace perigee::promql::detail {

/// The tokens of a query, one after the other. Never past the last, which is of kind `end`.
class token_reader {
 public:
  token_reader(std::string_view query, std::vector<token> all) : query_(query), all_(std::move(all)) {}

  [[nodiscard]] const token& peek(std::size_t ahead = 0) const { return all_[std::min(at_ + ahead, all_.size() - 1)]; }
  token take() {
    const auto& out = peek();
    if (at_ + 1 < all_.size()) ++at_;
    return out;
  }
  bool accept(std::string_view symbol) {
    const bool there = peek().is(symbol);
    if (there) take();
    return there;
  }
  bool accept_word(std::string_view lower) {
    const bool there = peek().is_word(lower);
    if (there) take();
    return there;
  }
  /// `in` names the construct, for the message.
  outcome<> expect(std::string_view symbol, std::string_view in) {
    if (accept(symbol)) return {};
    return unexpected_here(in, std::format("\"{}\"", symbol));
  }
  [[nodiscard]] std::unexpected<fault> unexpected_here(std::string_view in, std::string_view wanted = {}) const {
    const auto& found = peek();
    const auto what = found.kind == token_kind::end ? std::string("end of input") : std::format("\"{}\"", found.text);
    return parse_error(query_, found.at,
                       std::format("unexpected {} in {}{}{}", what, in, wanted.empty() ? "" : ", expected ", wanted));
  }
  [[nodiscard]] std::unexpected<fault> wrong(std::size_t at, std::string_view message) const {
    return parse_error(query_, at, message);
  }

 private:
  std::string_view query_;
  std::vector<token> all_;
  std::size_t at_ = 0;
};

}  // namespace perigee::promql::detail
