#include "base/metrics.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace perigee::metrics {
namespace {

TEST(metrics, a_counter_and_a_gauge_in_the_text_form) {
  registry all;
  all.make_counter("perigee_records_total", "Records appended.", "lane=\"bulk\"").add(41);
  all.make_gauge("perigee_backlog_bytes", "Bytes waiting.").set(1.5);
  EXPECT_EQ(all.text(),
            "# HELP perigee_records_total Records appended.\n"
            "# TYPE perigee_records_total counter\n"
            "perigee_records_total{lane=\"bulk\"} 41\n"
            "# HELP perigee_backlog_bytes Bytes waiting.\n"
            "# TYPE perigee_backlog_bytes gauge\n"
            "perigee_backlog_bytes 1.5\n");
}

TEST(metrics, asking_again_gives_the_same_metric) {
  registry all;
  auto& first = all.make_counter("perigee_x_total", "X.", "a=\"1\"");
  first.add();
  EXPECT_EQ(&all.make_counter("perigee_x_total", "X.", "a=\"1\""), &first);
  EXPECT_NE(&all.make_counter("perigee_x_total", "X.", "a=\"2\""), &first);
}

TEST(metrics, a_reference_outlives_the_growth_of_the_registry) {
  registry all;
  auto& first = all.make_counter("perigee_x_total", "X.", "n=\"first\"");
  for (int i = 0; i < 1000; ++i) all.make_counter("perigee_x_total", "X.", "n=\"" + std::to_string(i) + '"');
  first.add(5);
  EXPECT_NE(all.text().find("perigee_x_total{n=\"first\"} 5\n"), std::string::npos);
}

// Exposition format 0.0.4: the lines of one metric form one group.
TEST(metrics, one_name_is_one_group_whatever_the_order_of_making) {
  registry all;
  all.make_counter("perigee_a_total", "A.", "k=\"1\"");
  all.make_counter("perigee_b_total", "B.");
  all.make_counter("perigee_a_total", "A.", "k=\"2\"");
  EXPECT_EQ(all.text(),
            "# HELP perigee_a_total A.\n"
            "# TYPE perigee_a_total counter\n"
            "perigee_a_total{k=\"1\"} 0\n"
            "perigee_a_total{k=\"2\"} 0\n"
            "# HELP perigee_b_total B.\n"
            "# TYPE perigee_b_total counter\n"
            "perigee_b_total 0\n");
}

TEST(metrics, a_histogram_in_the_text_form) {
  registry all;
  auto& h = all.make_histogram("perigee_sync_seconds", "Disk syncs.", "lane=\"bulk\"");
  h.observe(0.001);
  h.observe(0.5);
  const auto text = all.text();
  EXPECT_NE(text.find("# TYPE perigee_sync_seconds histogram\n"), std::string::npos);
  EXPECT_NE(text.find("perigee_sync_seconds_bucket{lane=\"bulk\",le=\"+Inf\"} 2\n"), std::string::npos);
  EXPECT_NE(text.find("perigee_sync_seconds_sum{lane=\"bulk\"} 0.501\n"), std::string::npos);
  EXPECT_NE(text.find("perigee_sync_seconds_count{lane=\"bulk\"} 2\n"), std::string::npos);
}

TEST(metrics, openmetrics_and_samples_one_by_one_say_the_same) {
  registry all;
  all.make_foreign_counter("process_cpu_seconds_total", "Time used.").set(2.5);
  all.make_gauge("perigee_backlog_bytes", "Waiting.", "lane=\"bulk\"").set(7);
  EXPECT_EQ(
      all.text(text_format::openmetrics),
      "# HELP process_cpu_seconds Time used.\n# TYPE process_cpu_seconds counter\n# UNIT process_cpu_seconds seconds\n"
      "process_cpu_seconds_total 2.5\n"
      "# HELP perigee_backlog_bytes Waiting.\n# TYPE perigee_backlog_bytes gauge\n"
      "# UNIT perigee_backlog_bytes bytes\nperigee_backlog_bytes{lane=\"bulk\"} 7\n# EOF\n");
  std::string samples;
  all.for_each_sample([&samples](std::string_view name, std::string_view labels, double value) {
    samples += std::string(name) + "{" + std::string(labels) + "} " + std::to_string(value) + "\n";
  });
  EXPECT_EQ(samples, "process_cpu_seconds_total{} 2.500000\nperigee_backlog_bytes{lane=\"bulk\"} 7.000000\n");
}

TEST(metrics, buckets_only_ever_rise) {
  registry all;
  auto& h = all.make_histogram("perigee_x_seconds", "X.");
  for (int i = 1; i <= 1000; ++i) h.observe(i * 1e-4);
  const auto text = all.text();
  std::uint64_t before = 0;
  int buckets = 0;
  for (auto at = text.find("_bucket"); at != std::string::npos; at = text.find("_bucket", at + 1), ++buckets) {
    const auto count = std::stoull(text.substr(text.find("} ", at) + 2));
    EXPECT_GE(count, before);
    before = count;
  }
  EXPECT_GT(buckets, 10);
  EXPECT_EQ(before, 1000U);
}

TEST(histogram, quantiles_are_right_to_19_percent) {
  histogram h;
  EXPECT_EQ(h.quantile(0.5), 0);
  for (int i = 1; i <= 1000; ++i) h.observe(i * 1e-3);
  for (const auto& [q, exact] : {std::pair{0.5, 0.5}, {0.99, 0.99}, {0.001, 0.001}, {1.0, 1.0}}) {
    EXPECT_GE(h.quantile(q), exact * 0.999) << q;
    EXPECT_LE(h.quantile(q), exact * 1.19) << q;
  }
}

TEST(histogram, a_value_lies_within_its_bucket) {
  for (double seconds = 2e-6; seconds < 500; seconds *= 1.7) {
    histogram h;
    h.observe(seconds);
    EXPECT_LE(seconds, h.quantile(1) * 1.0001);
    EXPECT_GE(seconds, h.quantile(1) / 1.1893);
  }
}

TEST(histogram, outliers_land_in_the_outer_buckets) {
  histogram h;
  h.observe(0);
  h.observe(-1);
  h.observe(1e9);
  EXPECT_EQ(h.in_bucket(0), 2U);
  EXPECT_EQ(h.in_bucket(histogram::bucket_count - 1), 1U);
  EXPECT_EQ(h.count(), 3U);
}

TEST(metrics, no_count_is_lost_between_threads) {
  registry all;
  auto& c = all.make_counter("perigee_x_total", "X.");
  auto& h = all.make_histogram("perigee_x_seconds", "X.");
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 10'000; ++i) {
          c.add();
          h.observe(0.25);
        }
      });
    }
  }
  EXPECT_EQ(c.value(), 40'000U);
  EXPECT_EQ(h.count(), 40'000U);
  EXPECT_DOUBLE_EQ(h.sum(), 10'000);
}

}  // namespace
}  // namespace perigee::metrics
