#include "access/detail/variables.hpp"

#include <algorithm>
#include <array>

namespace perigee::access::detail {
namespace {

constexpr std::string_view open_brace = "${";
constexpr std::array<std::string_view, 4> known = {"thing", "clientid", "user", "group"};

/// The text before the first variable, its name, and what follows it. `found` is false where there is none.
struct split {
  std::string_view before;
  std::string_view name;
  std::string_view after;
  bool found = false;
};

split at_variable(std::string_view pattern) {
  const auto start = pattern.find(open_brace);
  if (start == std::string_view::npos) return {pattern, {}, {}};
  const auto name = start + open_brace.size();
  const auto end = pattern.find('}', name);
  if (end == std::string_view::npos) return {pattern.substr(0, start), pattern.substr(start), {}, true};  // no name
  return {pattern.substr(0, start), pattern.substr(name, end - name), pattern.substr(end + 1), true};
}

/// A value stands within one level, and for itself: a client that calls itself '+' is not everybody.
bool is_fit(std::string_view value) {
  return std::ranges::none_of(value, [](char c) {
    return c == '/' || c == '+' || c == '#' || static_cast<unsigned char>(c) < ' ' || c == '\x7f';
  });
}

std::vector<std::string_view> values_of(std::string_view name, const principal& of) {
  if (name == "group") return {of.groups.begin(), of.groups.end()};
  const std::string_view one = name == "thing" ? of.thing : name == "clientid" ? of.client_id : of.name;
  if (one.empty()) return {};
  return {one};
}

}  // namespace

bool has_variables(std::string_view pattern) { return at_variable(pattern).found; }

std::string_view unknown_variable(std::string_view pattern) {
  for (auto part = at_variable(pattern); part.found; part = at_variable(part.after)) {
    if (!std::ranges::contains(known, part.name)) return part.name.empty() ? "${}" : part.name;
  }
  return {};
}

std::string with_any_names(std::string_view pattern) {
  std::string out;
  for (auto part = at_variable(pattern);; part = at_variable(part.after)) {
    out += part.before;
    if (!part.found) return out;
    out += 'x';
  }
}

std::vector<std::string> filled_in(std::string_view pattern, const principal& of) {
  const auto part = at_variable(pattern);
  if (!part.found) return {std::string(part.before)};
  std::vector<std::string> out;
  const auto rests = filled_in(part.after, of);
  for (const auto value : values_of(part.name, of)) {
    if (!is_fit(value)) continue;
    for (const auto& rest : rests) out.push_back(std::string(part.before).append(value).append(rest));
  }
  return out;
}

std::string_view unfit_variable(std::string_view pattern, const principal& of) {
  for (auto part = at_variable(pattern); part.found; part = at_variable(part.after)) {
    if (!std::ranges::all_of(values_of(part.name, of), is_fit)) return part.name;
  }
  return {};
}

}  // namespace perigee::access::detail
