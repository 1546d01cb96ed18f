// What makes the broker an aware Sparkplug server (Sparkplug 3.0 10.2.2).

#include <gtest/gtest.h>

#include "doors/mqtt/broker.hpp"
#include "doors/mqtt/detail/testing.hpp"

namespace perigee::doors::mqtt {
namespace {

using testing::client;
using testing::site;
using lines = std::vector<std::string>;

const broker_options saving{.lanes = {}, .saves_state = true, .protocol = {}};

void publish(site& s, client& by, std::string_view topic, std::string_view payload) {
  by.publish(topic, payload);
  s.commit();
  by.exchange();
}

lines heard_under(site& s, std::string_view filter) {
  client late(s, "late");
  late.subscribe(filter);
  s.settle();
  late.exchange();
  return late.heard();
}

TEST(sparkplug_server, keeps_births_as_certificates_for_who_comes_later) {
  site s;
  client edge(s, "edge");
  publish(s, edge, "spBv1.0/g/NBIRTH/e", "old");
  publish(s, edge, "spBv1.0/g/NBIRTH/e", "new");
  publish(s, edge, "spBv1.0/g/DBIRTH/e/d", "device");
  publish(s, edge, "spBv1.0/g/NDATA/e", "data");
  EXPECT_EQ(heard_under(s, "$sparkplug/certificates/#"),
            (lines{"$sparkplug/certificates/spBv1.0/g/DBIRTH/e/d device retained",
                   "$sparkplug/certificates/spBv1.0/g/NBIRTH/e new retained"}));
  EXPECT_EQ(heard_under(s, "spBv1.0/#"), lines{}) << "a birth itself is not retained (tck-id-payloads-nbirth-retain)";
}

TEST(sparkplug_server, certificates_outlive_a_restart) {
  site before(saving);
  client edge(before, "edge");
  publish(before, edge, "spBv1.0/g/NBIRTH/e", "birth");
  before.save();
  site after(saving);
  after.take_over(before);
  EXPECT_EQ(heard_under(after, "$sparkplug/#").size(), 1U);
}

TEST(sparkplug_server, nobody_else_publishes_certificates) {
  site s;
  client liar(s, "liar");
  publish(s, liar, "$sparkplug/certificates/spBv1.0/g/NBIRTH/e", "false");
  EXPECT_EQ(heard_under(s, "$sparkplug/#"), lines{});
}

}  // namespace
}  // namespace perigee::doors::mqtt
