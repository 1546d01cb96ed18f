#include "cli/payload_text.hpp"

#include <format>

#include "wire/mqtt/text.hpp"

namespace perigee::cli {

bool is_text(byte_view payload) { return wire::mqtt::is_valid_text(as_text(payload)); }

std::string payload_text(byte_view payload) {
  if (is_text(payload)) return std::string(as_text(payload));
  std::string out = "0x";
  for (const auto b : payload) out += std::format("{:02x}", b);
  return out;
}

}  // namespace perigee::cli
