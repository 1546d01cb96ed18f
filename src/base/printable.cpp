#include "base/printable.hpp"

#include <cstdint>
#include <format>
#include <iterator>

#include "base/utf8.hpp"

namespace perigee {
namespace {

/// C0, DEL and C1 controls, and what turns the direction of a line round (U+202A to U+202E, U+2066 to U+2069).
bool is_harmful(std::string_view character) {
  const auto first = static_cast<std::uint8_t>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  const auto second = static_cast<std::uint8_t>(character[1]);
  if (character.size() == 2) return first == 0xc2 && second < 0xa0;
  if (character.size() != 3 || first != 0xe2) return false;
  const auto third = static_cast<std::uint8_t>(character[2]);
  return (second == 0x80 && third >= 0xa8 && third <= 0xae) || (second == 0x81 && third >= 0xa6 && third <= 0xa9);
}

void escape(std::string& out, std::string_view bytes) {
  for (const char c : bytes) {
    switch (c) {
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: std::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<std::uint8_t>(c));
    }
  }
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto bytes = utf8_character_bytes(text);
    const auto character = text.substr(0, bytes == 0 ? 1 : bytes);
    if (bytes == 0 || is_harmful(character)) {
      escape(out, character);
    } else {
      out += character;
    }
    text.remove_prefix(character.size());
  }
  return out;
}

}  // namespace perigee
