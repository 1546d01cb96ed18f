#include "rules/detail/like.hpp"

namespace perigee::rules::detail {
namespace {

/// The bytes of the UTF-8 character at `at`; a stray continuation byte counts as a character.
std::size_t character_bytes(std::string_view text, std::size_t at) {
  std::size_t n = 1;
  while (at + n < text.size() && (static_cast<unsigned char>(text[at + n]) & 0xc0) == 0x80) ++n;
  return n;
}

}  // namespace

bool is_like(std::string_view text, std::string_view pattern) {
  constexpr auto none = std::string_view::npos;
  std::size_t t = 0;
  std::size_t p = 0;
  std::size_t star = none;  // the last % seen, and where its run would end if it took one character more
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == '_') {
      t += character_bytes(text, t);
      ++p;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++t;
      ++p;
    } else if (star != none) {
      p = star + 1;
      t = resume += character_bytes(text, resume);
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

}  // namespace perigee::rules::detail
