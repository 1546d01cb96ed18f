#include "cli/payload_text.hpp"

#include <algorithm>
#include <format>

#include "wire/mqtt/text.hpp"

namespace perigee::cli {

bool is_text(byte_view payload) { return wire::mqtt::is_valid_text(as_text(payload)); }

bool is_text_of_lines(byte_view payload) {
  std::string flat(as_text(payload));
  std::ranges::replace_if(flat, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return wire::mqtt::is_valid_text(flat);
}

std::string payload_text(byte_view payload) {
  if (is_text(payload)) return std::string(as_text(payload));
  std::string out = "0x";
  for (const auto b : payload) out += std::format("{:02x}", b);
  return out;
}

}  // namespace perigee::cli
