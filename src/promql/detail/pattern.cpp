#include "promql/detail/pattern.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/limits.hpp"

namespace perigee::promql::detail {
namespace {

/// Debian's Abseil has a string_view of its own.
absl::string_view foreign(std::string_view text) { return {text.data(), text.size()}; }

void append(std::string& to, absl::string_view text) { to.append(text.data(), text.size()); }

re2::RE2::Options options() {
  re2::RE2::Options out(re2::RE2::Quiet);
  out.set_dot_nl(true);
  out.set_max_mem(limits::promql_pattern_bytes_max);
  return out;
}

constexpr bool is_name_part(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// What follows a `$`: the group's name, and how many characters it takes; nothing taken where it is no reference.
struct reference {
  std::string_view name;
  std::size_t taken = 0;
};

reference reference_at(std::string_view after_dollar) {
  const bool braced = after_dollar.starts_with('{');
  const auto rest = after_dollar.substr(braced ? 1 : 0);
  const auto end = static_cast<std::size_t>(std::ranges::find_if_not(rest, is_name_part) - rest.begin());
  if (end == 0 || (braced && (end == rest.size() || rest[end] != '}'))) return {};
  return {rest.substr(0, end), end + (braced ? 2U : 0U)};
}

}  // namespace

struct pattern::compiled {
  explicit compiled(std::string_view expression) : re(foreign(expression), options()) {}

  /// -1 where there is no such group.
  [[nodiscard]] int group(std::string_view name) const {
    int number = 0;
    const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (wrong == std::errc() && end == name.data() + name.size()) {
      return number <= re.NumberOfCapturingGroups() ? number : -1;
    }
    const auto& names = re.NamedCapturingGroups();
    const auto found = names.find(std::string(name));
    return found == names.end() ? -1 : found->second;
  }

  re2::RE2 re;
};

pattern::pattern(std::unique_ptr<compiled> made) : compiled_(std::move(made)) {}
pattern::~pattern() = default;

std::expected<std::shared_ptr<const pattern>, std::string> pattern::compile(std::string_view expression) {
  auto made = std::make_unique<compiled>(expression);
  if (!made->re.ok()) return std::unexpected("error parsing regexp: " + made->re.error());
  // tidy: new — the constructor is private
  return std::shared_ptr<const pattern>(new pattern(std::move(made)));
}

bool pattern::matches(std::string_view text) const { return re2::RE2::FullMatch(foreign(text), compiled_->re); }

std::optional<std::string> pattern::replaced(std::string_view text, std::string_view replacement) const {
  std::vector<absl::string_view> groups(static_cast<std::size_t>(compiled_->re.NumberOfCapturingGroups()) + 1);
  const auto count = static_cast<int>(groups.size());
  const auto whole = re2::RE2::ANCHOR_BOTH;
  if (!compiled_->re.Match(foreign(text), 0, text.size(), whole, groups.data(), count)) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] != '$') {
      out += replacement[i];
      continue;
    }
    const auto rest = replacement.substr(i + 1);
    if (rest.starts_with('$')) {
      out += '$';
      ++i;
    } else if (const auto found = reference_at(rest); found.taken != 0) {
      if (const auto number = compiled_->group(found.name); number >= 0)
        append(out, groups[static_cast<std::size_t>(number)]);
      i += found.taken;
    } else {
      out += '$';
    }
  }
  return out;
}

}  // namespace perigee::promql::detail
