#include "cli/demo_report.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace perigee::cli {
namespace {

TEST(quantile, nearest_rank) {
  EXPECT_EQ(quantile({}, 0.5), 0);
  EXPECT_EQ(quantile({7}, 0.99), 7);
  std::vector<double> hundred;
  for (int i = 1; i <= 100; ++i) hundred.push_back(i);
  EXPECT_EQ(quantile(hundred, 0.5), 50);
  EXPECT_EQ(quantile(hundred, 0.99), 99);
  EXPECT_EQ(quantile(hundred, 1), 100);
}

TEST(demo_report, is_json_with_the_promised_names) {
  demo_report report;
  report.count.produced = 600;
  report.count.stored = 600;
  report.count.decision_ms = {1, 2, 3};
  report.uplink_bytes = 1000;
  report.nodes.push_back({"fog", 20'000'000, 45.5, 1000});
  const auto parsed = boost::json::parse(to_json(report)).as_object();
  for (const auto* name : {"produced", "stored", "lost", "duplicated", "gaps", "decisions", "decision_ms",
                           "uplink_bytes", "json_bytes", "drain_readings_per_s", "nodes"})
    EXPECT_TRUE(parsed.contains(name)) << name;
  EXPECT_EQ(parsed.at("decision_ms").at("p99").as_double(), 3);
  EXPECT_EQ(parsed.at("nodes").at("fog").at("rss_bytes").as_int64(), 20'000'000);
}

TEST(demo_report, is_good_only_when_nothing_is_lost_doubled_or_missing) {
  demo_report report;
  EXPECT_FALSE(report.good()) << "nothing was produced";
  report.count.produced = 1;
  EXPECT_TRUE(report.good());
  report.count.lost = 1;
  EXPECT_FALSE(report.good());
  report.count.lost = 0;
  report.count.duplicated = 1;
  EXPECT_FALSE(report.good());
}

}  // namespace
}  // namespace perigee::cli
