#include "access/policy.hpp"

#include <gtest/gtest.h>

#include "access/filter.hpp"

namespace perigee::access {
namespace {

using enum action;

policy read(std::string_view text) {
  auto parsed = policy::parse({"policy.toml", text});
  EXPECT_TRUE(parsed) << (parsed ? "" : render_all(parsed.error()));
  return parsed ? std::move(*parsed) : policy();
}
std::string errors_of(std::string_view text) {
  const auto parsed = policy::parse({"policy.toml", text});
  return parsed ? std::string() : render_all(parsed.error());
}

TEST(filters, cover_others) {
  for (const auto& [wide, narrow] : {std::pair{"#", "a/b"},
                                     {"#", "#"},
                                     {"#", "+/a"},
                                     {"a/#", "a"},
                                     {"a/#", "a/#"},
                                     {"a/#", "a/+/b"},
                                     {"a/+", "a/b"},
                                     {"a/+", "a/+"},
                                     {"+/+", "a/"},
                                     {"$SYS/#", "$SYS/x"}}) {
    EXPECT_TRUE(covers(wide, narrow)) << wide << " " << narrow;
  }
  for (const auto& [wide, narrow] : {std::pair{"a/+", "a/#"},
                                     {"a/+", "a"},
                                     {"a/+", "+/b"},
                                     {"a/b", "a/+"},
                                     {"+/b", "#"},
                                     {"a/+/#", "a/#"},
                                     {"a/+", "a/b/c"},
                                     {"#", "$SYS/x"},
                                     {"+/x", "$SYS/x"},
                                     {"a", "a/"},
                                     {"a/b", "a"}}) {
    EXPECT_FALSE(covers(wide, narrow)) << wide << " " << narrow;
  }
}

TEST(filters, overlap_others) {
  for (const auto& [a, b] : {std::pair{"#", "a"}, {"a/#", "a"}, {"+/b", "a/+"}, {"a/#", "+/b/c"}, {"a/b", "a/b"}}) {
    EXPECT_TRUE(overlap(a, b)) << a << " " << b;
    EXPECT_TRUE(overlap(b, a)) << a << " " << b;
  }
  for (const auto& [a, b] : {std::pair{"a", "b"}, {"a/+", "a"}, {"a/b", "+/c"}, {"#", "$SYS/a"}, {"a/b/#", "a"}}) {
    EXPECT_FALSE(overlap(a, b)) << a << " " << b;
    EXPECT_FALSE(overlap(b, a)) << a << " " << b;
  }
}

TEST(filters, are_what_stands_behind_a_share) {
  EXPECT_EQ(without_share("$share/g/a/#"), "a/#");
  EXPECT_EQ(without_share("a/b"), "a/b");
  EXPECT_EQ(without_share("$share/g"), "");
  EXPECT_EQ(without_share("$share/g/$share/h/x"), "$share/h/x") << "which is no rule's topic";
}

TEST(patterns, fit_names) {
  EXPECT_TRUE(fits("*", ""));
  EXPECT_TRUE(fits("press-*", "press-1"));
  EXPECT_TRUE(fits("*-1", "press-1"));
  EXPECT_TRUE(fits("p*s*1", "press-1"));
  EXPECT_FALSE(fits("press-*", "Press-1"));
  EXPECT_FALSE(fits("press", "press-1"));
  EXPECT_FALSE(fits("", "press"));
  EXPECT_FALSE(fits("*a*b", "ab-a"));
}

TEST(policy, refuses_what_no_rule_allows) {
  const auto p = read(R"(
[[rule]]
name = "own telemetry"
group = "presses"
publish = "site/${thing}/#"
subscribe = ["cmd/${thing}/+", "all"]
)");
  const principal press{.name = "u1", .client_id = "c", .thing = "press-1", .groups = {"presses"}};
  EXPECT_TRUE(p.decide(press, publish, "site/press-1/temperature").allowed);
  EXPECT_EQ(p.decide(press, publish, "site/press-1/temperature").filter, "site/press-1/#");
  EXPECT_EQ(p.decide(press, publish, "site/press-1/x").by->title("policy.toml"),
            "the rule 'own telemetry' at policy.toml:2");
  EXPECT_FALSE(p.decide(press, publish, "site/press-2/temperature").allowed);
  EXPECT_FALSE(p.decide(press, publish, "site").allowed);
  EXPECT_TRUE(p.decide(press, subscribe, "cmd/press-1/stop").allowed);
  EXPECT_TRUE(p.decide(press, subscribe, "cmd/press-1/+").allowed);
  EXPECT_FALSE(p.decide(press, subscribe, "cmd/press-1/#").allowed) << "wider than what is allowed";
  EXPECT_FALSE(p.decide(press, subscribe, "cmd/+/stop").allowed);
  EXPECT_FALSE(p.decide(press, subscribe, "#").allowed);
  EXPECT_TRUE(p.decide(press, receive, "all").allowed) << "what is subscribed to is received";
  const principal other{.name = "u2", .client_id = "c"};
  EXPECT_FALSE(p.decide(other, publish, "site/press-1/temperature").allowed);
}

TEST(policy, takes_a_literal_for_the_filter_alone) {
  const auto p = read(R"(
[[rule]]
subscribe = "#"
[[rule]]
effect = "deny"
subscribe_literal = ["#", "own/${user}"]
[[rule]]
user = "ops"
publish = "x"
subscribe_literal = "$SYS/#"
)");
  const principal bob{.name = "bob", .client_id = "c"};
  EXPECT_FALSE(p.decide(bob, subscribe, "#").allowed);
  EXPECT_FALSE(p.decide(bob, subscribe, "own/bob").allowed);
  EXPECT_EQ(p.decide(bob, subscribe, "own/bob").filter, "own/bob");
  for (const auto* other : {"own/alice", "own/+", "own/#", "+/#", "a/#"}) {
    EXPECT_TRUE(p.decide(bob, subscribe, other).allowed) << other;
  }
  const principal ops{.name = "ops", .client_id = "c"};
  EXPECT_TRUE(p.decide(ops, subscribe, "$SYS/#").allowed);
  EXPECT_FALSE(p.decide(ops, subscribe, "$SYS/broker").allowed) << "covered by it, and not it";
  EXPECT_FALSE(p.decide(bob, subscribe, "$SYS/#").allowed);
}

TEST(policy, lets_a_deny_win_wherever_it_stands) {
  const auto p = read(R"(
[[rule]]
effect = "deny"
user = ["dash*"]
publish = "#"
subscribe = "secret/#"
[[rule]]
publish = "#"
subscribe = "#"
[[rule]]
effect = "deny"
receive = "private/+"
)");
  const principal dash{.name = "dash-1", .client_id = "c"};
  const principal bob{.name = "bob", .client_id = "c"};
  EXPECT_FALSE(p.decide(dash, publish, "a").allowed);
  EXPECT_TRUE(p.decide(bob, publish, "a").allowed);
  EXPECT_FALSE(p.decide(dash, subscribe, "#").allowed) << "a part of it is denied";
  EXPECT_FALSE(p.decide(dash, subscribe, "+/+").allowed);
  EXPECT_FALSE(p.decide(dash, subscribe, "secret").allowed);
  EXPECT_TRUE(p.decide(dash, subscribe, "open/#").allowed);
  EXPECT_FALSE(p.decide(bob, receive, "private/a").allowed);
  EXPECT_TRUE(p.decide(bob, receive, "private/a/b").allowed);
  EXPECT_TRUE(p.limits_receiving(bob));
  EXPECT_FALSE(p.decide(bob, publish, "$SYS/x").allowed) << "a wildcard in front is for no reserved topic";
}

TEST(policy, filters_a_wide_subscription_by_receive) {
  const auto p = read("[[rule]]\nsubscribe = \"#\"\nreceive = [\"a/#\", \"own/${clientid}\"]\n");
  const principal c{.client_id = "c1"};
  EXPECT_TRUE(p.decide(c, subscribe, "#").allowed);
  EXPECT_TRUE(p.decide(c, receive, "a/b").allowed);
  EXPECT_TRUE(p.decide(c, receive, "own/c1").allowed);
  EXPECT_FALSE(p.decide(c, receive, "own/c2").allowed);
  EXPECT_FALSE(p.decide(c, receive, "b").allowed);
}

TEST(policy, tells_who_is_who) {
  const auto p = read(R"(
[[rule]]
anonymous = true
publish = "guest"
[[rule]]
anonymous = false
publish = "known"
[[rule]]
certificate = "*"
publish = "certified"
[[rule]]
client = ["sensor-*", "x"]
group = ["g*"]
publish = "both"
)");
  const auto may = [&](const principal& who, std::string_view topic) { return p.decide(who, publish, topic).allowed; };
  EXPECT_TRUE(may({.client_id = "c"}, "guest"));
  EXPECT_FALSE(may({.client_id = "c"}, "known"));
  EXPECT_FALSE(may({.name = "u", .client_id = "c"}, "guest"));
  EXPECT_TRUE(may({.name = "u", .client_id = "c"}, "known"));
  EXPECT_FALSE(may({.name = "u", .client_id = "c"}, "certified"));
  EXPECT_TRUE(may({.name = "u", .certificate = "u", .client_id = "c"}, "certified"));
  EXPECT_TRUE(may({.name = "u", .client_id = "sensor-1", .groups = {"a", "g1"}}, "both"));
  EXPECT_FALSE(may({.name = "u", .client_id = "sensor-1"}, "both")) << "all that is given must hold";
  EXPECT_FALSE(may({.name = "u", .client_id = "c", .groups = {"g1"}}, "both"));
}

TEST(policy, fills_in_each_group) {
  const auto p = read("[[rule]]\npublish = \"hall/${group}/${user}\"\n");
  const principal two{.name = "u", .client_id = "c", .groups = {"a", "b"}};
  EXPECT_TRUE(p.decide(two, publish, "hall/a/u").allowed);
  EXPECT_TRUE(p.decide(two, publish, "hall/b/u").allowed);
  EXPECT_FALSE(p.decide(two, publish, "hall/c/u").allowed);
  EXPECT_FALSE(p.decide({.client_id = "c", .groups = {"a"}}, publish, "hall/a/").allowed) << "no user, no topic";
}

TEST(policy, lets_no_value_become_a_wildcard) {
  const auto p = read("[[rule]]\npublish = \"own/${clientid}/x\"\nsubscribe = \"own/${clientid}\"\n");
  for (const auto* id : {"+", "#", "a/b", "a+", "\x01", "x\n"}) {
    const principal bad{.client_id = id};
    EXPECT_EQ(p.unfit_variable(bad), "clientid") << id;
    EXPECT_FALSE(p.decide(bad, publish, "own/a/x").allowed) << id;
    EXPECT_FALSE(p.decide(bad, subscribe, "own/+").allowed) << id;
  }
  const principal good{.client_id = "schl\xc3\xbcssel"};
  EXPECT_EQ(p.unfit_variable(good), "");
  EXPECT_TRUE(p.decide(good, publish, "own/schl\xc3\xbcssel/x").allowed);
  EXPECT_FALSE(p.decide(good, publish, "own/schlu\xcc\x88ssel/x").allowed) << "bytes are compared, not how they look";
  EXPECT_EQ(read("[[rule]]\nuser = \"bob\"\npublish = \"${clientid}\"\n").unfit_variable({.client_id = "+"}), "")
      << "the rule is not about this client";
}

TEST(policy, sends_clients_elsewhere) {
  const auto p = read("[[redirect]]\nclient = \"old-*\"\nto = \"b2.example.org:8883\"\npermanent = true\n");
  ASSERT_NE(p.redirected({.client_id = "old-1"}), nullptr);
  EXPECT_EQ(p.redirected({.client_id = "old-1"})->to, "b2.example.org:8883");
  EXPECT_TRUE(p.redirected({.client_id = "old-1"})->permanent);
  EXPECT_EQ(p.redirected({.client_id = "new-1"}), nullptr);
  EXPECT_FALSE(p.restricts());
}

TEST(policy, is_refused_with_the_place_and_what_would_be_right) {
  EXPECT_TRUE(errors_of("[[rule]]\nuser = \"a\"\n").contains("policy.toml:1:1: error P0104"));
  EXPECT_TRUE(errors_of("[[rule]]\npublish = \"a/#/b\"\n").contains("policy.toml:2:11: error P0105"));
  EXPECT_TRUE(errors_of("[[rule]]\npublish = \"a/${thng}\"\n").contains("did you mean 'thing'?"));
  EXPECT_TRUE(errors_of("[[rule]]\npublish = \"a/${thing\"\n").contains("P0118"));
  EXPECT_TRUE(errors_of("[[rule]]\npublish = \"a/${}\"\n").contains("P0118"));
  EXPECT_TRUE(errors_of("[[rule]]\npublish = \"a/${thing}+\"\n").contains("P0105"));
  EXPECT_TRUE(errors_of("[[rule]]\nsubscribe = \"$share/g/a\"\n").contains("$share"));
  EXPECT_TRUE(errors_of("[[rule]]\npublish = []\n").contains("P0105"));
  EXPECT_TRUE(errors_of("[[rule]]\nuser = \"\"\npublish = \"a\"\n").contains("P0105"));
  EXPECT_TRUE(errors_of("[[rule]]\neffect = \"refuse\"\npublish = \"a\"\n").contains("P0106"));
  EXPECT_TRUE(errors_of("[[rule]]\npubish = \"a\"\n").contains("did you mean 'publish'?"));
  EXPECT_TRUE(errors_of("[[redirect]]\n").contains("P0104"));
}

}  // namespace
}  // namespace perigee::access
