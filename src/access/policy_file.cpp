#include <format>

#include "access/detail/variables.hpp"
#include "access/policy.hpp"
#include "base/limits.hpp"
#include "settings/kind.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::access {
namespace {

namespace kind = settings::kind;
using settings::option;
using settings::reading;
using settings::repeated;
using settings::row;
using settings::value;

/// One, or a list of them.
template <class Kind>
struct one_or_more {
  using element = typename decltype(Kind::read(std::declval<reading&>(), std::declval<const value&>()))::value_type;
  static std::string type() { return Kind::type() + ", or list"; }
  static std::optional<std::vector<element>> read(reading& in, const value& from) {
    if (from.as<value::array>() == nullptr) {
      auto one = Kind::read(in, from);
      if (!one) return std::nullopt;
      return std::vector<element>{std::move(*one)};
    }
    auto all = kind::list_of<Kind, limits::access_patterns_max>::read(in, from);
    if (!all || !all->empty()) return all;
    in.refuse(from.at, "P0105", "an empty list", "it would be for nobody or nothing: take the line away");
    return std::nullopt;
  }
};

struct name_pattern {
  static std::string type() { return "name with `*`"; }
  static std::optional<std::string> read(reading& in, const value& from) {
    auto found = kind::text::read(in, from);
    if (!found || !found->empty()) return found;
    in.refuse(from.at, "P0105", "an empty name", "\"*\" stands for any; anonymous = true for who has none");
    return std::nullopt;
  }
};

struct topics {
  static std::string type() { return "topic filter"; }
  static std::optional<topic_pattern> read(reading& in, const value& from);
};

std::optional<topic_pattern> topics::read(reading& in, const value& from) {
  constexpr std::string_view known[] = {"thing", "clientid", "user", "group"};
  const auto* found = kind::expect<std::string>(in, from, "a topic filter");
  if (found == nullptr) return std::nullopt;
  if (const auto unknown = detail::unknown_variable(*found); !unknown.empty()) {
    auto help = did_you_mean(unknown, known);
    if (help.empty()) help = "known are ${thing}, ${clientid}, ${user} and ${group}";
    in.refuse(from.at, "P0118", std::format("there is no variable '{}' in topics", unknown), std::move(help));
    return std::nullopt;
  }
  if (wire::mqtt::is_shared_filter(*found)) {
    in.refuse(from.at, "P0105", "a shared subscription's filter",
              "write what stands behind $share/NAME/: who may subscribe to that may share it");
    return std::nullopt;
  }
  if (wire::mqtt::is_topic_filter(detail::with_any_names(*found))) {
    return topic_pattern{from.at, *found, detail::has_variables(*found)};
  }
  in.refuse(from.at, "P0105", "not a topic filter",
            "'+' stands for one whole level, '#' for all that follow and is the last: \"site/${thing}/#\"");
  return std::nullopt;
}

constexpr std::array<std::pair<std::string_view, effect>, 2> effects = {
    {{"allow", effect::allow}, {"deny", effect::deny}}};

template <action What, bool IsLiteral = false>
void add_topics(policy_rule& rule, std::vector<topic_pattern> more) {
  for (auto& each : more) {
    each.is_literal = IsLiteral;
    rule.topics[static_cast<std::size_t>(What)].push_back(std::move(each));
  }
}
template <auto Member, class T>
constexpr option<T> who_row(std::string_view key, std::string_view text) {
  constexpr auto put = [](T& into, std::vector<std::string> names) { into.*Member = std::move(names); };
  return row<+put, one_or_more<name_pattern>, T>(key, "any", text);
}
template <class T>
constexpr option<T> anonymous_row() {
  constexpr auto put = [](T& into, bool to) { into.anonymous = to; };
  return row<+put, kind::boolean, T>("anonymous", "either", "whether it is for those without a name");
}

constexpr std::string_view user_text = "the user's name, or that of the certificate that identifies it";
constexpr std::string_view group_text = "a group of the user file";
constexpr std::string_view certificate_text = "the name in the client's certificate";
constexpr std::string_view client_text = "its client identifier, which it chooses itself";

constexpr option<policy_rule> rule_options[] = {
    row<&policy_rule::name, kind::text, policy_rule>("name", "none", "for people: `perigee user may` tells it"),
    row<&policy_rule::effect, kind::choice<effects>, policy_rule>("effect", "\"allow\"", "deny wins over every allow"),
    who_row<&who::users, policy_rule>("user", user_text),
    who_row<&who::groups, policy_rule>("group", group_text),
    who_row<&who::certificates, policy_rule>("certificate", certificate_text),
    who_row<&who::clients, policy_rule>("client", client_text),
    anonymous_row<policy_rule>(),
    row<add_topics<action::publish>, one_or_more<topics>, policy_rule>("publish", "none", "where it may publish"),
    row<add_topics<action::subscribe>, one_or_more<topics>, policy_rule>("subscribe", "none",
                                                                         "what it may subscribe to, whole or in part"),
    row<add_topics<action::subscribe, true>, one_or_more<topics>, policy_rule>(
        "subscribe_literal", "none", "subscriptions to exactly this filter, whatever it covers"),
    row<add_topics<action::receive>, one_or_more<topics>, policy_rule>("receive", "what it may subscribe to",
                                                                       "what reaches it of a wider subscription"),
};
constexpr option<redirect> redirect_options[] = {
    row<&redirect::to, kind::text, redirect>("to", "required", "the other server, as the client is told: host:port"),
    row<&redirect::permanent, kind::boolean, redirect>("permanent", "false", "\"server moved\", for good"),
    who_row<&who::users, redirect>("user", user_text),
    who_row<&who::groups, redirect>("group", group_text),
    who_row<&who::certificates, redirect>("certificate", certificate_text),
    who_row<&who::clients, redirect>("client", client_text),
    anonymous_row<redirect>(),
};

struct file {
  std::vector<policy_rule> rules;
  std::vector<redirect> redirects;
};
constexpr option<file> file_options[] = {
    repeated<rule_options, &file::rules, limits::access_rules_max, file>("rule", "[[rule]]", "who may do what"),
    repeated<redirect_options, &file::redirects, limits::access_redirects_max, file>("redirect", "[[redirect]]",
                                                                                     "who is sent to another server"),
};

void check_rule(reading& in, const policy_rule& rule) {
  const auto empty = [](const auto& topics) { return topics.empty(); };
  if (!std::ranges::all_of(rule.topics, empty)) return;
  in.refuse(rule.at, "P0104", "a rule about nothing", "it needs publish, subscribe, subscribe_literal or receive");
}

}  // namespace

std::expected<policy, diagnostics> policy::parse(source_text source) {
  const auto root = settings::parse_document(source, limits::access_file_bytes_max);
  if (!root) return std::unexpected(diagnostics{root.error()});
  reading notes{.source = source};
  file read;
  settings::read_table(notes, "the file", *root, settings::all(file_options), read);
  const bool whole = notes.errors.empty();  // else a rule's topics may be missing for being wrong
  for (const auto& rule : read.rules) {
    if (whole) check_rule(notes, rule);
  }
  if (!notes.errors.empty()) return std::unexpected(notes.sorted_errors());
  policy out;
  out.rules_ = std::move(read.rules);
  out.redirects_ = std::move(read.redirects);
  return out;
}

std::vector<settings::option_help> policy_file_options() {
  std::vector<settings::option_help> out;
  settings::describe_table("", settings::all(file_options), out);
  return out;
}

}  // namespace perigee::access
