#include "doors/replay/layout.hpp"

#include <gtest/gtest.h>

#include <format>

namespace perigee::doors::replay {
namespace {

std::expected<csv_layout, diagnostics> layout(std::string text, replay_options options = {}) {
  csv::text_source from(std::move(text));
  options.file = "x.csv";
  return find_layout(from, options);
}

std::string described(const std::expected<csv_layout, diagnostics>& found) {
  std::string out;
  if (!found) {
    for (const auto& d : found.error()) out += std::format("{} {}\n", d.code, d.message);
    return out;
  }
  out = std::format("'{}' {}time {}", found->separator, found->header ? "header, " : "", found->time_column);
  for (const auto& v : found->values) out += std::format(", {}{}", v.key, v.index);
  return out;
}

TEST(Layout, FindsOutByLooking) {
  EXPECT_EQ(described(layout("timestamp,value\n2014-04-01 00:00:00,20.0\n")), "',' header, time 0, \"value\":1");
  EXPECT_EQ(described(layout("site;temp;when\nx;21.5;2014-04-01T00:00:00Z\ny;;2014-04-01T00:00:05Z\n")),
            "';' header, time 2, \"temp\":1");
  EXPECT_EQ(described(layout("1396310700\t3\t4\n1396310701\t5\t6\n")), "'\t' time 0, \"column2\":1, \"column3\":2");
  EXPECT_EQ(described(layout("Time,a,b\n5,1,2\n", {.time_format = "unix_s"})), "',' header, time 0, \"a\":1, \"b\":2");
}

TEST(Layout, DoesAsTheConfigurationSays) {
  replay_options options;
  options.time_column = "t";
  options.time_format = "unix_ms";
  options.columns = {{"c 1", "temperature", "Cel", 2}, {"c\"2", "", "", {}}};
  const auto found = layout("t,c 1,\"c\"\"2\",c3\n1,2,3,4\n", options);
  EXPECT_EQ(described(found), "',' header, time 0, \"temperature\":1, \"c\\\"2\":2");
  EXPECT_EQ(found->values[0].decimals, 2U);
}

TEST(Layout, SaysWhatIsWrong) {
  EXPECT_EQ(described(layout("")), "P0311 the file has no rows\n");
  EXPECT_EQ(described(layout("time,value\n")), "P0311 the file has a header and no rows\n");
  EXPECT_EQ(described(layout("a,b\n1,2\n")), "P0306 no column holds times\n");
  EXPECT_EQ(described(layout("time,b\n2014-04-01 00:00:00,x\n")), "P0307 no column holds numbers\n");
  EXPECT_EQ(described(layout("time,b\n1.4.2014,5\n")),
            "P0306 the times in column 'time', such as '1.4.2014', are in no format that is known by itself\n");
  replay_options options;
  options.time_column = "tiem";
  options.time_format = "%Q";
  options.columns = {{"valu", "", "", {}}};
  const auto found = layout("time,value\n2014-04-01 00:00:00,1\n", options);
  EXPECT_EQ(described(found), "P0305 there is no column 'tiem'\nP0305 there is no column 'valu'\n");
  EXPECT_EQ(found.error()[1].help, "did you mean 'value'?");
  options.time_column = "time";
  EXPECT_TRUE(described(layout("time,value\n2014-04-01 00:00:00,1\n", options)).starts_with("P0310"));
}

TEST(Layout, KnowsNumbersAndTheirAbsence) {
  EXPECT_EQ(number_in("+5.50"), 5.5);
  EXPECT_EQ(number_in("1e-3"), 0.001);
  for (const auto* no : {"", "1,5", "5 ", "inf", "nan", "0x10", "+-1"}) EXPECT_FALSE(number_in(no)) << no;
  for (const auto* nothing : {"", "NaN", "NULL", "n/a", "-"}) EXPECT_TRUE(says_nothing(nothing)) << nothing;
  EXPECT_FALSE(says_nothing("0"));
}

}  // namespace
}  // namespace perigee::doors::replay
