#include "doors/mqtt/sys_topics.hpp"

#include <gtest/gtest.h>

#include "doors/mqtt/detail/testing.hpp"

namespace perigee::doors::mqtt {
namespace {

using namespace std::chrono_literals;
using testing::client;
using testing::site;
using lines = std::vector<std::string>;

class sys_topics_at_a_site : public ::testing::Test {
 protected:
  void tell_after(nanoseconds time) {
    s.pass(time);
    sys.on_tick(s.now);
  }
  /// What a client hears under a filter that it subscribes now: what is retained.
  lines retained_under(std::string_view filter) {
    client viewer(s, "viewer");
    viewer.subscribe(filter);
    return viewer.heard();
  }

  site s;
  std::size_t heap = 1000;
  sys_topics sys{s.core, {.version = "perigee 1.2", .heap_bytes = [this] { return heap; }}, s.now};
};

TEST_F(sys_topics_at_a_site, say_what_the_broker_is) {
  sys.on_tick(s.now);
  EXPECT_EQ(retained_under("$SYS/broker/version"), lines{"$SYS/broker/version perigee 1.2 retained"});
  tell_after(10s);
  EXPECT_EQ(retained_under("$SYS/broker/uptime"), lines{"$SYS/broker/uptime 10 seconds retained"});
  heap = 500;
  tell_after(10s);
  EXPECT_EQ(retained_under("$SYS/broker/heap/+"),
            (lines{"$SYS/broker/heap/current 500 retained", "$SYS/broker/heap/maximum 1000 retained"}));
}

TEST_F(sys_topics_at_a_site, count_clients_messages_and_bytes) {
  client away(s, "away", {.session_expiry_s = 60});
  away.subscribe("a/#");
  away.lose();
  client here(s, "here");
  here.publish("b", "12345", wire::mqtt::qos::at_least_once, true);
  s.commit();
  here.exchange();
  tell_after(10s);
  EXPECT_EQ(retained_under("$SYS/broker/clients/#"),
            (lines{"$SYS/broker/clients/active 1 retained", "$SYS/broker/clients/connected 1 retained",
                   "$SYS/broker/clients/disconnected 1 retained", "$SYS/broker/clients/expired 0 retained",
                   "$SYS/broker/clients/inactive 1 retained", "$SYS/broker/clients/maximum 1 retained",
                   "$SYS/broker/clients/total 2 retained"}));
  EXPECT_EQ(retained_under("$SYS/broker/retained messages/count"),
            lines{"$SYS/broker/retained messages/count 1 retained"});
  EXPECT_EQ(retained_under("$SYS/broker/publish/bytes/received"),
            lines{"$SYS/broker/publish/bytes/received 5 retained"});
  // Two CONNECTs, SUBSCRIBE and PUBLISH.
  EXPECT_EQ(retained_under("$SYS/broker/messages/received"), lines{"$SYS/broker/messages/received 4 retained"});
  EXPECT_EQ(retained_under("$SYS/broker/subscriptions/count"), lines{"$SYS/broker/subscriptions/count 1 retained"});
}

TEST_F(sys_topics_at_a_site, count_each_member_of_a_share) {
  client one(s, "one");
  client two(s, "two");
  for (auto* each : {&one, &two}) each->subscribe("$share/g/a");
  one.subscribe("b");
  tell_after(10s);
  EXPECT_EQ(retained_under("$SYS/broker/subscriptions/count"), lines{"$SYS/broker/subscriptions/count 3 retained"});
  EXPECT_EQ(retained_under("$SYS/broker/shared_subscriptions/count"),
            lines{"$SYS/broker/shared_subscriptions/count 2 retained"});
}

TEST_F(sys_topics_at_a_site, are_told_again_at_the_interval_and_where_they_changed) {
  sys.on_tick(s.now);
  client viewer(s, "viewer");
  viewer.subscribe("$SYS/broker/version");
  viewer.subscribe("$SYS/broker/uptime");
  (void)viewer.heard();
  tell_after(9s);
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), lines{});
  tell_after(1s);
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), lines{"$SYS/broker/uptime 10 seconds"});
}

TEST_F(sys_topics_at_a_site, go_to_nobody_who_did_not_ask_for_them_by_name) {
  client viewer(s, "viewer");
  for (const auto* filter : {"#", "+/#", "+/broker/version"}) viewer.subscribe(filter);
  sys.on_tick(s.now);
  viewer.exchange();
  EXPECT_EQ(viewer.heard(), lines{});
  for (const auto l : {model::lane::alarm, model::lane::event, model::lane::bulk})
    EXPECT_TRUE(s.log.records(l).empty());
}

TEST_F(sys_topics_at_a_site, are_published_by_nobody_else) {
  client c(s, "c");
  c.publish("$SYS/broker/version", "mine");
  EXPECT_EQ(c.heard(), lines{"ack 1 not authorized"});
  c.subscribe("$SYSTEM/x");
  EXPECT_EQ(c.heard(), lines{"refused not authorized"});
}

TEST_F(sys_topics_at_a_site, smooth_the_load_over_one_five_and_fifteen_minutes) {
  sys.on_tick(s.now);
  client c(s, "c");
  for (int i = 0; i < 99; ++i) c.publish("x", "", wire::mqtt::qos::at_most_once);
  tell_after(60s);
  // 99 a minute, (1 - 1/e) of it after one minute, and so on.
  EXPECT_EQ(retained_under("$SYS/broker/load/publish/received/+"),
            (lines{"$SYS/broker/load/publish/received/15min 6.38 retained",
                   "$SYS/broker/load/publish/received/1min 62.58 retained",
                   "$SYS/broker/load/publish/received/5min 17.95 retained"}));
  for (int i = 0; i < 120; ++i) tell_after(60s);
  EXPECT_EQ(retained_under("$SYS/broker/load/publish/received/1min"),
            lines{"$SYS/broker/load/publish/received/1min 0.00 retained"});
}

}  // namespace
}  // namespace perigee::doors::mqtt
