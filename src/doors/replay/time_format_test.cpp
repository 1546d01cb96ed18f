#include "doors/replay/time_format.hpp"

#include <gtest/gtest.h>

namespace perigee::doors::replay {
namespace {

std::string read(std::string_view format, std::string_view cell) {
  const auto f = time_format::from(format);
  if (!f) return "bad format";
  const auto t = f->parse(cell);
  return t ? to_iso8601(*t) : "not a time";
}

TEST(TimeFormat, ReadsTheNamedOnes) {
  EXPECT_EQ(read("iso8601", "2014-04-01 00:05:00"), "2014-04-01T00:05:00Z");
  EXPECT_EQ(read("iso8601", "2014-04-01T00:05:00.25+02:00"), "2014-03-31T22:05:00.25Z");
  EXPECT_EQ(read("unix", "1396310700"), "2014-04-01T00:05:00Z");
  EXPECT_EQ(read("unix", "1396310700.5"), "2014-04-01T00:05:00.5Z");
  EXPECT_EQ(read("unix", "1396310700000"), "2014-04-01T00:05:00Z");
  EXPECT_EQ(read("unix_s", "5"), "1970-01-01T00:00:05Z");
  EXPECT_EQ(read("unix_ms", "1.5"), "1970-01-01T00:00:00.0015Z");
  EXPECT_EQ(read("unix_us", "7"), "1970-01-01T00:00:00.000007Z");
  EXPECT_EQ(read("unix_ns", "-1"), "1969-12-31T23:59:59.999999999Z");
}

TEST(TimeFormat, ReadsPatterns) {
  EXPECT_EQ(read("%d.%m.%Y %H:%M:%S", "01.04.2014 00:05:00"), "2014-04-01T00:05:00Z");
  EXPECT_EQ(read("%m/%d/%y %H:%M", "4/1/14 0:05"), "2014-04-01T00:05:00Z");
  EXPECT_EQ(read("%d-%b-%Y", "01-Apr-2014"), "2014-04-01T00:00:00Z");
  EXPECT_EQ(read("%Y%m%d%H%M%S.%f%z", "20140401000500.125-0130"), "2014-04-01T01:35:00.125Z");
  EXPECT_EQ(read("100%% %Y-%m-%d", "100% 2014-04-01"), "2014-04-01T00:00:00Z");
}

TEST(TimeFormat, RefusesWhatIsNoTime) {
  for (const auto* cell :
       {"", "x", "31.02.2014 00:00:00", "01.04.2014 24:00:00", "01.04.2014 00:05", "01.04.2014 00:05:00 "}) {
    EXPECT_EQ(read("%d.%m.%Y %H:%M:%S", cell), "not a time") << cell;
  }
  EXPECT_EQ(read("unix_s", "99999999999999"), "not a time");
  EXPECT_EQ(read("unix_s", "1e300"), "not a time");
  EXPECT_EQ(read("unix", "nan"), "not a time");
  EXPECT_EQ(read("%d.%m.%Y", "01.04.0001"), "not a time");
}

TEST(TimeFormat, RefusesPatternsThatCannotWork) {
  EXPECT_EQ(read("%Q", ""), "bad format");
  EXPECT_EQ(read("%Y-%m-%d%", ""), "bad format");
  EXPECT_EQ(read("%H:%M", ""), "bad format");
  EXPECT_EQ(read("", ""), "bad format");
}

TEST(TimeFormat, IsFoundFromASample) {
  EXPECT_TRUE(time_format::of_sample("2014-04-01 00:05:00"));
  EXPECT_TRUE(time_format::of_sample("1396310700"));
  EXPECT_FALSE(time_format::of_sample("21.5"));
  EXPECT_FALSE(time_format::of_sample("01.04.2014"));
}

}  // namespace
}  // namespace perigee::doors::replay
