#include "node/live_values.hpp"

#include <gtest/gtest.h>

namespace perigee::node {
namespace {

using namespace std::chrono_literals;
using readers::history::newest_value;
using readers::history::series_id;
using readers::history::series_names;

constexpr timestamp start{1'700'000'000'000'000'000};

newest_value value(std::int64_t id, std::string_view device, nanoseconds at, double x, std::uint64_t readings = 1) {
  return {std::make_shared<const series_names>("gw", std::string(device), "t"),
          series_id(id),
          start + at,
          x,
          model::quality::good,
          readings};
}

void take(live_values& into, newest_value one) { into.take({&one, 1}); }

std::vector<std::string> devices_since(const live_values& in, std::uint64_t version) {
  std::vector<std::string> out;
  in.for_each_since(version, {}, [&out](const auto& e) { out.push_back(e.of->device); });
  return out;
}

TEST(live_values, keep_the_newest_of_each_series) {
  live_values all;
  take(all, value(1, "b", 1s, 10));
  take(all, value(2, "a", 1s, 20));
  take(all, value(1, "b", 2s, 11));
  take(all, value(1, "b", 1s, 9));  // a late one
  EXPECT_EQ(all.size(), 2U);
  std::vector<std::pair<std::string, double>> seen;
  all.for_each({}, [&seen](const auto& e) {
    seen.emplace_back(e.of->device, std::get<double>(e.value));
    return true;
  });
  EXPECT_EQ(seen, (std::vector<std::pair<std::string, double>>{{"a", 20}, {"b", 11}}));
  EXPECT_EQ(all.find("gw", "b", "t")->id, series_id(1));
  EXPECT_EQ(all.find("gw", "c", "t"), nullptr);
}

TEST(live_values, say_what_has_changed_since) {
  live_values all;
  take(all, value(1, "a", 1s, 1));
  take(all, value(2, "b", 1s, 1));
  const auto before = all.version();
  EXPECT_TRUE(devices_since(all, before).empty());
  take(all, value(1, "a", 2s, 2));
  EXPECT_EQ(devices_since(all, before), std::vector<std::string>{"a"});
  EXPECT_EQ(devices_since(all, 0), (std::vector<std::string>{"a", "b"}));
}

TEST(live_values, are_stale_by_their_usual_interval) {
  live_values all;
  take(all, value(1, "a", 0s, 1));
  const auto& one = *all.find("gw", "a", "t");
  EXPECT_FALSE(one.is_stale(start + 10s));
  EXPECT_TRUE(one.is_stale(start + 10s + 1ns));
  take(all, value(1, "a", 60s, 1, 1));
  EXPECT_EQ(one.interval, 60s);
  EXPECT_FALSE(one.is_stale(start + 60s + 300s));
  EXPECT_TRUE(one.is_stale(start + 60s + 301s));
}

TEST(live_values, count_how_often_they_come) {
  live_values all;
  for (int second = 0; second < 60; ++second) {
    take(all, value(1, "a", std::chrono::seconds(second), 1, 10));
    all.tick();
  }
  EXPECT_NEAR(all.find("gw", "a", "t")->per_s, 10, 0.1);
  for (int second = 0; second < 120; ++second) all.tick();
  EXPECT_EQ(all.find("gw", "a", "t")->per_s, 0);
}

}  // namespace
}  // namespace perigee::node
