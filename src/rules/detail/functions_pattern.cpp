// Regular expressions by RE2: in time that grows with the text and no faster, whatever the pattern.

#include <re2/re2.h>

#include <format>

#include "base/rules_limits.hpp"
#include "rules/detail/functions.hpp"

namespace perigee::rules::detail {
namespace {

using namespace types;
using arguments = function::arguments;

/// Debian's Abseil has a string_view of its own.
absl::string_view foreign(std::string_view text) { return {text.data(), text.size()}; }
std::string_view own(absl::string_view text) { return {text.data(), text.size()}; }

constexpr int groups_max = 10;  // of a match: the whole, $1 to $9

struct pattern : prepared {
  pattern(std::string_view expression, const re2::RE2::Options& options) : re(foreign(expression), options) {}

  re2::RE2 re;
};

const re2::RE2& regex(const prepared& p) { return static_cast<const pattern&>(p).re; }

preparation compiled(arguments args) {
  const auto text = args[1].text;
  if (text.size() > limits::rule_pattern_bytes_max) {
    return std::unexpected(std::format("a regular expression has at most {} bytes", limits::rule_pattern_bytes_max));
  }
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_max_mem(limits::rule_regex_bytes_max);
  auto made = std::make_unique<pattern>(text, options);
  if (!made->re.ok()) return std::unexpected(std::format("not a regular expression: {}", made->re.error()));
  return made;
}

value matches(const evaluation&, arguments args, const prepared& p) {
  return of_boolean(re2::RE2::PartialMatch(foreign(args[0].text), regex(p)));
}

value first_match(const evaluation&, arguments args, const prepared& p) {
  absl::string_view found;
  const auto text = foreign(args[0].text);
  if (!regex(p).Match(text, 0, text.size(), re2::RE2::UNANCHORED, &found, 1)) return {};
  return of_text(own(found));
}

/// `$1` to `$9` stand for what the groups matched, `$0` for all of it.
void put_replacement(scratch& out, std::string_view by, std::span<const absl::string_view> groups) {
  for (std::size_t i = 0; i < by.size(); ++i) {
    const bool group = by[i] == '$' && i + 1 < by.size() && by[i + 1] >= '0' && by[i + 1] <= '9';
    if (!group) {
      out.put(by[i]);
      continue;
    }
    const auto n = static_cast<std::size_t>(by[++i] - '0');
    if (n < groups.size()) out.put(own(groups[n]));
  }
}

value every_match_replaced(const evaluation& with, arguments args, const prepared& p) {
  const auto text = foreign(args[0].text);
  std::array<absl::string_view, groups_max> groups;
  const int count = std::min(groups_max, regex(p).NumberOfCapturingGroups() + 1);
  with.texts.begin();
  std::size_t at = 0;
  while (at <= text.size() && regex(p).Match(text, at, text.size(), re2::RE2::UNANCHORED, groups.data(), count)) {
    const auto start = static_cast<std::size_t>(groups[0].data() - text.data());
    with.texts.put(args[0].text.substr(at, start - at));
    put_replacement(with.texts, args[2].text, std::span(groups).first(static_cast<std::size_t>(count)));
    at = start + groups[0].size();
    if (!groups[0].empty()) continue;
    // An empty match: the character behind it stays as it is.
    if (at < text.size()) with.texts.put(args[0].text[at]);
    ++at;
  }
  if (at < text.size()) with.texts.put(args[0].text.substr(at));
  return with.made();
}

constexpr std::uint8_t pattern_is_constant = 1U << 1;

constexpr auto table = std::to_array<function>({
    {"regexp_matches", "regexp_matches(text, pattern)", "whether some part of it matches", 2, 2, texts, boolean,
     nullptr, false, false, pattern_is_constant, compiled, matches},
    {"regexp_substr", "regexp_substr(text, pattern)", "the first part that matches", 2, 2, texts, text, nullptr, false,
     false, pattern_is_constant, compiled, first_match},
    {"regexp_substring", "regexp_substring(text, pattern)", "the same", 2, 2, texts, text, nullptr, false, false,
     pattern_is_constant, compiled, first_match},
    {"regexp_replace", "regexp_replace(text, pattern, by)",
     "with every part that matches replaced; $1 is what the first group matched", 3, 3, texts, text, nullptr, false,
     false, pattern_is_constant, compiled, every_match_replaced},
});

}  // namespace

std::span<const function> pattern_functions() { return table; }

}  // namespace perigee::rules::detail
