#include "control/registry/token.hpp"

#include <algorithm>
#include <array>
#include <format>

#include "base/identity_limits.hpp"
#include "base/printable.hpp"
#include "control/registry/thing.hpp"

namespace perigee::control::registry {
namespace {

constexpr std::array<std::string_view, purpose_count> names{"join", "enrol", "api", "gateway"};

refusal wrong(std::string field, std::string detail, std::string right) {
  return {errc::malformed, "A field of the token is wrong.", std::move(field), std::move(detail), std::move(right)};
}

}  // namespace

std::string_view name_of(purpose p) { return names[static_cast<std::size_t>(p)]; }

std::optional<purpose> purpose_of(std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<purpose>(found - names.begin());
}

const char* sentence_of(token_refusal why) {
  switch (why) {
    case token_refusal::unknown: return "there is no such token";
    case token_refusal::revoked: return "the token is revoked";
    case token_refusal::another_purpose: return "the token is for another purpose";
    case token_refusal::expired: return "the token has expired";
    case token_refusal::used: return "the token is used up";
    case token_refusal::another_name: break;
  }
  return "the token is for another name";
}

namespace {

/// A gateway is a node too: its token gives it both.
bool is_good_for(const token& of, purpose wanted) {
  return of.given.is == wanted || (of.given.is == purpose::gateway && wanted == purpose::join);
}

}  // namespace

std::optional<token_refusal> unfit(const token& of, purpose wanted, std::string_view name, timestamp now) {
  if (of.revoked != timestamp{}) return token_refusal::revoked;
  if (!is_good_for(of, wanted)) return token_refusal::another_purpose;
  if (of.given.expires <= now) return token_refusal::expired;
  if (of.uses_left == 0) return token_refusal::used;
  if (!fits(of.given.pattern, name)) return token_refusal::another_name;
  return std::nullopt;
}

bool has_ended(const token& of, timestamp now) {
  return of.revoked != timestamp{} || of.given.expires <= now || of.uses_left == 0;
}

/// Without recursion: where it fails, only the last `*` takes one character more.
bool fits(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  auto star = std::string_view::npos;
  std::size_t taken = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool is_pattern(std::string_view text) {
  std::string plain(text);
  std::ranges::replace(plain, '*', '-');
  return is_name(plain);
}

std::optional<refusal> fault_of(const new_token& made, timestamp now) {
  if (!is_name(made.id)) return wrong("id", "it is no name of a token", name_rule());
  if (!is_pattern(made.pattern)) {
    return wrong("for", std::format("'{}' is no name", printable(made.pattern)),
                 name_rule() + ", with '*' where any characters may stand");
  }
  if (made.expires <= now) return wrong("expires", "the token would have expired already", "a time to come");
  if (made.uses == 0 || made.uses > limits::registry_token_uses_max) {
    return wrong("uses", std::format("it could be used {} times", made.uses),
                 std::format("1 to {}", limits::registry_token_uses_max));
  }
  return std::nullopt;
}

}  // namespace perigee::control::registry
