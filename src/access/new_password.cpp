#include "access/new_password.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <optional>
#include <set>

#include "base/limits.hpp"
#include "base/people_limits.hpp"
#include "base/utf8.hpp"

namespace perigee::access {
namespace {

constexpr std::size_t different_min = 5;
constexpr std::size_t name_bytes_min = 4;  // a shorter one stands in words by chance

/// What is left of a password once what people add to it is taken off: its letters, in lower case.
std::string letters_of(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') out += static_cast<char>(c - 'A' + 'a');
    if (c >= 'a' && c <= 'z') out += c;
  }
  return out;
}

/// Nothing where it is not UTF-8.
std::optional<std::size_t> characters_in(std::string_view text) {
  std::size_t out = 0;
  for (; !text.empty(); ++out) {
    const auto bytes = utf8_character_bytes(text);
    if (bytes == 0) return std::nullopt;
    text.remove_prefix(bytes);
  }
  return out;
}

/// "abcdefghijkl", "123456789012": each the next, round the end of the digits too.
bool is_sequence(std::string_view text) {
  const auto follows = [](char a, char b) {
    return b == a + 1 || b == a - 1 || (a == '9' && b == '0') || (a == '0' && b == '9');
  };
  return std::ranges::adjacent_find(text, [&](char a, char b) { return !follows(a, b); }) == text.end();
}

/// The longest of the lists of stolen passwords, without what is added to make them longer.
bool is_common(std::string_view password) {
  constexpr std::array<std::string_view, 18> known = {"password",
                                                      "passwordpassword",
                                                      "passwort",
                                                      "letmein",
                                                      "welcome",
                                                      "changeme",
                                                      "administrator",
                                                      "administrators",
                                                      "qwertyuiop",
                                                      "qwerty",
                                                      "qwertyuiopasdfghjkl",
                                                      "asdfghjkl",
                                                      "iloveyou",
                                                      "perigee",
                                                      "perigeeperigee",
                                                      "adminadmin",
                                                      "admin",
                                                      "correcthorsebatterystaple"};
  return std::ranges::contains(known, letters_of(password));
}

}  // namespace

std::string unfit_password(std::string_view user, std::string_view password) {
  const auto characters = characters_in(password);
  if (!characters) return "it is no text";
  if (*characters < limits::people_password_characters_min) {
    return std::format("it is too short: {} characters are the least", limits::people_password_characters_min);
  }
  if (password.size() > limits::access_password_bytes_max) {
    return std::format("it is too long: {} bytes are the most", limits::access_password_bytes_max);
  }
  if (std::set<char>(password.begin(), password.end()).size() < different_min || is_sequence(password)) {
    return "it is the same few characters, or a row of them: whoever guesses begins with those";
  }
  if (is_common(password)) return "it is a well-known password with something added: whoever guesses begins with those";
  const auto name = letters_of(user);
  if (name.size() >= name_bytes_min && letters_of(password) == name) {
    return "it is the user's name with something added";
  }
  return {};
}

}  // namespace perigee::access
