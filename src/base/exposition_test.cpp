#include "base/exposition.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "base/limit_table.hpp"
#include "base/limits.hpp"

namespace perigee::metrics {
namespace {

std::string written(text_format f) {
  exposition out(f);
  out.family("perigee_sent_bytes_total", "Sent.", family_type::counter);
  out.sample("perigee_sent_bytes_total", "to=\"a\"", 3);
  out.family("perigee_heat", "Heat.", family_type::gauge);
  out.sample("perigee_heat", "", -std::numeric_limits<double>::infinity());
  out.sample("perigee_heat", "n=\"1\"", std::numeric_limits<double>::quiet_NaN());
  return out.take();
}

TEST(exposition, plain_text) {
  EXPECT_EQ(written(text_format::prometheus),
            "# HELP perigee_sent_bytes_total Sent.\n# TYPE perigee_sent_bytes_total counter\n"
            "perigee_sent_bytes_total{to=\"a\"} 3\n"
            "# HELP perigee_heat Heat.\n# TYPE perigee_heat gauge\nperigee_heat -Inf\nperigee_heat{n=\"1\"} NaN\n");
}

// OpenMetrics 1.0: a counter's family has no _total, a unit ends its name, the text ends with # EOF.
TEST(exposition, openmetrics) {
  EXPECT_EQ(written(text_format::openmetrics),
            "# HELP perigee_sent_bytes Sent.\n# TYPE perigee_sent_bytes counter\n# UNIT perigee_sent_bytes bytes\n"
            "perigee_sent_bytes_total{to=\"a\"} 3\n"
            "# HELP perigee_heat Heat.\n# TYPE perigee_heat gauge\nperigee_heat -Inf\nperigee_heat{n=\"1\"} NaN\n"
            "# EOF\n");
}

TEST(exposition, a_client_gets_the_format_that_it_prefers) {
  const auto open = text_format::openmetrics;
  const auto plain = text_format::prometheus;
  EXPECT_EQ(preferred_format(""), plain);
  EXPECT_EQ(preferred_format("*/*"), plain);
  EXPECT_EQ(preferred_format("text/html"), plain);
  EXPECT_EQ(preferred_format("application/openmetrics-text"), open);
  EXPECT_EQ(preferred_format("application/openmetrics-text;q=0"), plain);
  EXPECT_EQ(preferred_format("text/plain, application/openmetrics-text;q=0.3"), plain);
  // What Prometheus 2.53 sends.
  EXPECT_EQ(preferred_format("application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;"
                             "version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"),
            open);
}

TEST(limit_table, has_what_the_header_has) {
  const auto all = limit_table();
  EXPECT_GT(all.size(), 100U);
  const auto found = std::ranges::find(all, std::string_view("promql_steps_max"), &limit::name);
  ASSERT_NE(found, all.end());
  EXPECT_EQ(found->value, limits::promql_steps_max);
  EXPECT_EQ(all.front().name, "topic_bytes_max");
  exposition out(text_format::prometheus);
  expose_limits(out);
  EXPECT_NE(out.take().find("\nperigee_limit{name=\"http_connections_max\"} 64\n"), std::string::npos);
}

}  // namespace
}  // namespace perigee::metrics
