#include "identity/names.hpp"

#include <algorithm>

#include "base/identity_limits.hpp"

namespace perigee::identity {
namespace {

bool is_name_character(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return letter || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= limits::identity_name_bytes_max &&
         std::ranges::all_of(text, is_name_character);
}

bool is_gateway_name(std::string_view text) {
  constexpr std::size_t room = 3;
  return is_name(text) && text.size() + room <= limits::identity_name_bytes_max && text.front() != '.' &&
         text.back() != '.' && !text.contains("..");
}

bool is_below(std::string_view name, std::string_view gateway) {
  return name.size() > gateway.size() + 1 && name.ends_with(gateway) && name[name.size() - gateway.size() - 1] == '.';
}

}  // namespace perigee::identity
