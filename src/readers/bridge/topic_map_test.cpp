#include "readers/bridge/topic_map.hpp"

#include <gtest/gtest.h>

namespace perigee::readers::bridge {
namespace {

using wire::mqtt::qos;

TEST(topic_map, changes_one_prefix_for_the_other) {
  const topic_map map(
      {{.filter = "plant/#", .direction = direction::both, .local_prefix = "here/", .remote_prefix = "site-1/"}});
  EXPECT_EQ(map.out("here/plant/press")->topic, "site-1/plant/press");
  EXPECT_EQ(map.in("site-1/plant/press")->topic, "here/plant/press");
  EXPECT_FALSE(map.out("plant/press"));
  EXPECT_FALSE(map.out("here/office"));
  EXPECT_FALSE(map.in("here/plant/press"));
}

TEST(topic_map, each_direction_has_its_rules) {
  const topic_map map(
      {{.filter = "up/#", .direction = direction::out}, {.filter = "down/#", .direction = direction::in}});
  EXPECT_TRUE(map.leaves("up/a"));
  EXPECT_FALSE(map.leaves("down/a"));
  EXPECT_TRUE(map.in("down/a"));
  EXPECT_FALSE(map.in("up/a"));
}

TEST(topic_map, the_first_rule_decides) {
  const topic_map map({{.filter = "a/b", .qos = qos::exactly_once}, {.filter = "a/#", .qos = qos::at_most_once}});
  EXPECT_EQ(map.out("a/b")->rule->qos, qos::exactly_once);
  EXPECT_EQ(map.out("a/c")->rule->qos, qos::at_most_once);
}

TEST(topic_map, what_starts_with_a_dollar_here_stays_here) {
  const topic_map all({{.filter = "#", .direction = direction::both}});
  EXPECT_FALSE(all.leaves("$SYS/broker/uptime"));
  EXPECT_FALSE(all.in("$SYS/broker/uptime"));
  const topic_map stripped({{.filter = "#", .direction = direction::both, .remote_prefix = "x/"}});
  EXPECT_FALSE(stripped.in("x/$SYS/broker")) << "it would become one of this node's own";
}

TEST(topic_map, a_named_dollar_topic_there_has_another_name_here) {
  const topic_map shadow({{.filter = "shadow/#",
                           .direction = direction::both,
                           .local_prefix = "aws/press-4/",
                           .remote_prefix = "$aws/things/press-4/"}});
  EXPECT_EQ(shadow.out("aws/press-4/shadow/update")->topic, "$aws/things/press-4/shadow/update");
  EXPECT_EQ(shadow.in("$aws/things/press-4/shadow/update/delta")->topic, "aws/press-4/shadow/update/delta");
}

TEST(topic_map, a_topic_that_is_too_long_here_does_not_arrive) {
  const topic_map map({{.filter = "#", .direction = direction::in, .local_prefix = "a/"}});
  EXPECT_TRUE(map.in(std::string(1022, 'x')));
  EXPECT_FALSE(map.in(std::string(1023, 'x')));
}

TEST(topic_map, the_fingerprint_is_of_what_numbers_messages) {
  const std::vector<topic_rule> rules{{.filter = "a/#"}};
  auto more = rules;
  more.push_back({.filter = "b/#"});
  auto other_name_there = rules;
  other_name_there[0].remote_prefix = "x/";
  auto incoming = rules;
  incoming.push_back({.filter = "c", .direction = direction::in});
  const auto of = [](const std::vector<topic_rule>& r) { return topic_map(r).fingerprint_out(); };
  EXPECT_NE(of(rules), of(more));
  EXPECT_EQ(of(rules), of(other_name_there));
  EXPECT_EQ(of(rules), of(incoming));
}

}  // namespace
}  // namespace perigee::readers::bridge
