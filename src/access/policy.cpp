#include "access/policy.hpp"

#include <algorithm>
#include <format>

#include "access/detail/variables.hpp"
#include "access/filter.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::access {
namespace {

bool any_fits(const std::vector<std::string>& patterns, std::string_view text) {
  return std::ranges::any_of(patterns, [text](const auto& p) { return fits(p, text); });
}

/// What is asked for, and of a rule with which effect.
struct question {
  effect e;
  action what;
  std::string_view asked;
};

/// Whether a rule's topic, its variables filled in as `filter`, applies to what is asked for.
bool applies(const question& q, const topic_pattern& pattern, std::string_view filter) {
  if (pattern.is_literal) return filter == q.asked;
  if (q.what != action::subscribe) return wire::mqtt::matches(filter, q.asked);
  return q.e == effect::allow ? covers(filter, q.asked) : overlap(filter, q.asked);
}

/// The first of a rule's topics that applies, its variables filled in.
std::optional<std::string> deciding_topic(const policy_rule& rule, const principal& asks, action what,
                                          std::string_view topic) {
  const question q{rule.effect, what, topic};
  for (const auto& pattern : rule.of(what)) {
    if (!pattern.has_variables) {
      if (applies(q, pattern, pattern.text)) return pattern.text;
      continue;
    }
    for (auto& filter : detail::filled_in(pattern.text, asks)) {
      if (applies(q, pattern, filter)) return std::move(filter);
    }
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(action a) {
  constexpr std::string_view names[] = {"publish", "subscribe", "receive"};
  return names[static_cast<std::size_t>(a)];
}

bool fits(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  auto star = std::string_view::npos;  // the last one, and what it stands for so far ends before `retry`
  std::size_t retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool who::covers(const principal& p) const {
  if (anonymous && *anonymous != p.name.empty()) return false;
  if (!users.empty() && (p.name.empty() || !any_fits(users, p.name))) return false;
  if (!certificates.empty() && (p.certificate.empty() || !any_fits(certificates, p.certificate))) return false;
  if (!clients.empty() && !any_fits(clients, p.client_id)) return false;
  return groups.empty() || std::ranges::any_of(p.groups, [this](const auto& g) { return any_fits(groups, g); });
}

std::string policy_rule::title(std::string_view file) const {
  return name.empty() ? std::format("the rule at {}:{}", file, at.line)
                      : std::format("the rule '{}' at {}:{}", name, file, at.line);
}

decision policy::decide(const principal& asks, action what, std::string_view topic) const {
  decision found;
  bool receiving_is_limited = false;
  for (const auto& rule : rules_) {
    if (rule.of(what).empty() || !rule.covers(asks)) continue;
    if (found.allowed && rule.effect == effect::allow) continue;
    if (rule.effect == effect::allow) receiving_is_limited = true;
    auto filter = deciding_topic(rule, asks, what, topic);
    if (!filter) continue;
    found = {rule.effect == effect::allow, &rule, std::move(*filter)};
    if (rule.effect == effect::deny) return found;
  }
  if (what == action::receive && !receiving_is_limited) found.allowed = true;
  return found;
}

bool policy::limits_receiving(const principal& asks) const {
  return std::ranges::any_of(rules_,
                             [&](const auto& rule) { return !rule.of(action::receive).empty() && rule.covers(asks); });
}

std::string_view policy::unfit_variable(const principal& asks) const {
  for (const auto& rule : rules_) {
    if (!rule.covers(asks)) continue;
    for (const auto& topics : rule.topics) {
      for (const auto& pattern : topics) {
        if (!pattern.has_variables) continue;
        if (const auto name = detail::unfit_variable(pattern.text, asks); !name.empty()) return name;
      }
    }
  }
  return {};
}

const redirect* policy::redirected(const principal& asks) const {
  const auto found = std::ranges::find_if(redirects_, [&](const auto& each) { return each.covers(asks); });
  return found == redirects_.end() ? nullptr : &*found;
}

}  // namespace perigee::access
