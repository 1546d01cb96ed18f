#include "promql/detail/quoted.hpp"

#include <charconv>
#include <cstdint>
#include <optional>

namespace perigee::promql::detail {
namespace {

void append_utf8(std::string& out, std::uint32_t point) {
  const auto byte = [&out](std::uint32_t bits) { out += static_cast<char>(bits); };
  const auto continued = [&byte, point](int shift) { byte(0x80U | ((point >> shift) & 0x3fU)); };
  if (point < 0x80) return byte(point);
  if (point < 0x800) {
    byte(0xc0U | (point >> 6));
  } else if (point < 0x10000) {
    byte(0xe0U | (point >> 12));
    continued(6);
  } else {
    byte(0xf0U | (point >> 18));
    continued(12);
    continued(6);
  }
  continued(0);
}

std::optional<char> simple_escape(char c) {
  switch (c) {
    case 'a': return '\a';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    case '\\':
    case '\'':
    case '"': return c;
    default: return std::nullopt;
  }
}

struct number_escape {
  std::size_t digits;
  int base;
  std::uint32_t most;
  bool point;  // a character rather than a byte
};

std::optional<number_escape> number_escape_of(char c) {
  switch (c) {
    case 'x': return number_escape{2, 16, 0xff, false};
    case 'u': return number_escape{4, 16, 0xffff, true};
    case 'U': return number_escape{8, 16, 0x10ffff, true};
    default: break;
  }
  if (c >= '0' && c <= '7') return number_escape{3, 8, 0xff, false};
  return std::nullopt;
}

/// `from` stands behind the backslash. The characters taken; 0 where it is no escape.
std::size_t read_escape(std::string_view from, std::string& out) {
  if (from.empty()) return 0;
  if (const auto c = simple_escape(from.front())) {
    out += *c;
    return 1;
  }
  const auto kind = number_escape_of(from.front());
  if (!kind) return 0;
  const std::size_t prefix = kind->base == 8 ? 0 : 1;
  const auto digits = from.substr(prefix, kind->digits);
  std::uint32_t value = 0;
  const auto* const end = digits.data() + digits.size();
  const auto [stopped, wrong] = std::from_chars(digits.data(), end, value, kind->base);
  const bool surrogate = value >= 0xd800 && value < 0xe000;
  if (digits.size() != kind->digits || wrong != std::errc() || stopped != end || value > kind->most) return 0;
  if (kind->point && surrogate) return 0;
  if (kind->point) {
    append_utf8(out, value);
  } else {
    out += static_cast<char>(value);
  }
  return prefix + kind->digits;
}

}  // namespace

std::expected<quoted, const char*> read_quoted(std::string_view from) {
  const char quote = from.front();
  quoted out;
  for (std::size_t i = 1; i < from.size();) {
    const char c = from[i];
    if (c == quote) {
      out.length = i + 1;
      return out;
    }
    if (c == '\n' && quote != '`') break;
    ++i;
    if (c != '\\' || quote == '`') {
      out.text += c;
      continue;
    }
    const auto taken = read_escape(from.substr(i), out.text);
    if (taken == 0) return std::unexpected("unknown escape sequence");
    i += taken;
  }
  return std::unexpected(quote == '`' ? "unterminated raw string" : "unterminated quoted string");
}

}  // namespace perigee::promql::detail
