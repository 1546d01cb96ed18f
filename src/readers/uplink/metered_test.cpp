// Budgets and schedules of metered links.

#include "readers/uplink/pair_test.hpp"

namespace perigee::readers::uplink {
namespace {

timestamp at(std::string_view text) { return from_iso8601(text).value(); }
schedule windows(std::initializer_list<std::string_view> all) {
  std::vector<weekly_window> out;
  for (const auto text : all) out.push_back(parse_window(text).value());
  return schedule(std::move(out));
}

TEST(schedule, is_open_within_its_windows) {
  const auto nights = windows({"Mon-Fri 22:00-06:00", "Sun 00:00-24:00"});
  EXPECT_TRUE(nights.open(at("2026-11-23T22:00:00Z"))) << "a Monday";
  EXPECT_FALSE(nights.open(at("2026-11-23T21:59:59.9Z")));
  EXPECT_TRUE(nights.open(at("2026-11-28T05:59:59Z"))) << "Friday's night ends on Saturday";
  EXPECT_FALSE(nights.open(at("2026-11-28T06:00:00Z")));
  EXPECT_TRUE(nights.open(at("2026-11-29T12:00:00Z"))) << "Sunday";
  EXPECT_FALSE(nights.open(at("2026-11-30T00:00:00Z"))) << "Sunday's night is not in it";
  EXPECT_TRUE(windows({"Sun 22:00-06:00"}).open(at("2026-11-30T05:00:00Z"))) << "over the week's end";
  EXPECT_TRUE(windows({"Sat-Mon 08:00-09:00"}).open(at("2026-11-30T08:30:00Z")));
  EXPECT_TRUE(schedule().open(at("2026-11-30T00:00:00Z")));
}

TEST(schedule, tells_when_it_opens_next) {
  const auto nights = windows({"Mon-Fri 22:00-06:00", "Sun 00:00-24:00"});
  EXPECT_EQ(nights.opens(at("2026-11-23T21:59:59.9Z")), at("2026-11-23T22:00:00Z"));
  EXPECT_EQ(nights.opens(at("2026-11-28T06:00:00Z")), at("2026-11-29T00:00:00Z"));
  EXPECT_EQ(nights.opens(at("2026-11-23T23:00:00Z")), std::nullopt);
  EXPECT_EQ(windows({"Mon 00:00-01:00"}).opens(at("2026-11-23T01:00:00Z")), at("2026-11-30T00:00:00Z"));
}

TEST(schedule, refuses_what_is_no_window) {
  for (const auto* text :
       {"", "Mon", "Mon 22:00", "Mon 22:00-", "mon 22:00-06:00", "Mon-Fry 22:00-06:00", "Mon 24:00-06:00",
        "Mon 22:00-24:01", "Mon 22:60-23:00", "Mon 2:00-3:00", "Mon 03:00-03:00", "Mon 02:00-03:00 "}) {
    EXPECT_FALSE(parse_window(text)) << text;
  }
}

TEST(budget, is_used_up_and_fills_evenly) {
  budget b(3600, 0);
  clock::time_point now{};
  b.refill(now);
  b.spend(3600);
  EXPECT_FALSE(b.any_left());
  b.refill(now += 60s);
  EXPECT_EQ(b.left_in_hour(), 60);
  EXPECT_EQ(b.left_in_day(), std::nullopt);
  b.refill(now += 10h);
  EXPECT_EQ(b.left_in_hour(), 3600);
}

TEST(budget, of_a_day_holds_where_the_hour_has_more) {
  budget b(1000, 1500);
  b.spend(1000);
  b.refill(clock::time_point{});
  b.refill(clock::time_point{} + 1h);
  b.spend(600);
  EXPECT_GT(b.left_in_hour(), 0);
  EXPECT_FALSE(b.any_left());
}

TEST(budget, survives_a_restart_with_what_came_in_meanwhile) {
  budget b(3600, 86'400);
  b.spend(3000);
  const auto saved = b.save({});
  budget again(3600, 86'400);
  ASSERT_TRUE(again.restore(saved, timestamp{} + 100s));
  EXPECT_EQ(again.left_in_hour(), 700);
  EXPECT_EQ(again.left_in_day(), 83'500);
  budget smaller(100, 0);
  ASSERT_TRUE(smaller.restore(saved, timestamp{} - 100s));
  EXPECT_EQ(smaller.left_in_hour(), 100) << "the configuration was changed";
}

TEST(budget, refuses_a_damaged_file) {
  budget b(3600, 0);
  auto saved = b.save({});
  for (std::size_t n = 0; n < saved.size(); ++n) EXPECT_FALSE(b.restore(byte_view(saved).first(n), {})) << n;
  for (auto& byte : saved) {
    byte ^= 0x20;
    EXPECT_FALSE(b.restore(saved, {}));
    byte ^= 0x20;
  }
  EXPECT_EQ(b.left_in_hour(), 3600);
}

TEST_F(uplink_pair, a_closed_window_holds_bulk_and_newest_back_and_nothing_else) {
  options_.schedule = windows({"Thu 12:00-13:00"});
  restart_child();
  sender_->on_time(at("1970-01-01T11:00:00Z"));
  fill(100);
  child_.put(lane::alarm, "a", "fire");
  child_.put(lane::event, "e", "door");
  connect();
  EXPECT_EQ(sender_->next(now())->topic, "$perigee/uplink/edge/alarm");
  EXPECT_EQ(sender_->next(now())->topic, "$perigee/uplink/edge/event");
  EXPECT_FALSE(sender_->next(now()));
  const auto closed = sender_->state(now(), at("1970-01-01T11:00:00Z"));
  EXPECT_FALSE(closed.window_open);
  EXPECT_EQ(closed.window_opens, at("1970-01-01T12:00:00Z"));
  EXPECT_LE(sender_->wake_at(now()), now() + 1s);
  sender_->on_time(at("1970-01-01T12:00:00Z"));
  EXPECT_EQ(sender_->next(now())->topic, "$perigee/uplink/edge/newest");
}

TEST_F(uplink_pair, a_budget_per_day_holds_back_and_is_kept) {
  options_.budget_per_day_bytes = 200;
  restart_child();
  for (int i = 0; i < 200; ++i) child_.put(lane::bulk, "t", std::format("{:x}", i * 7919));
  connect();
  run();
  const auto early = parent_.messages(lane::bulk).size();
  EXPECT_LT(early, 200U);
  EXPECT_LE(sender_->state(now(), clock::wall()).budget_left_day_bytes, 0);
  const auto saved = sender_->save_budget(clock::wall());
  restart_child();
  ASSERT_TRUE(sender_->restore_budget(saved, clock::wall()));
  connect();
  run();
  EXPECT_EQ(parent_.messages(lane::bulk).size(), early);
}

}  // namespace
}  // namespace perigee::readers::uplink
