#include "cli/junit_text.hpp"

#include <gtest/gtest.h>

namespace perigee::cli {
namespace {

TEST(JunitText, IsASuiteForEachFile) {
  const std::vector<tested_file> files{
      {"a.test.toml", {{"good", true, {}}, {"a \"<b>\" & \x01", false, "  expected:\n\tx < 1\n"}}},
      {"b.test.toml", {}}};
  EXPECT_EQ(junit_text(files),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites>\n"
            "  <testsuite name=\"a.test.toml\" tests=\"2\" failures=\"1\" errors=\"0\">\n"
            "    <testcase classname=\"a.test.toml\" name=\"good\"/>\n"
            "    <testcase classname=\"a.test.toml\" name=\"a &quot;&lt;b&gt;&quot; &amp; ?\">\n"
            "      <failure message=\"other actions came\">  expected:&#10;&#9;x &lt; 1&#10;</failure>\n"
            "    </testcase>\n"
            "  </testsuite>\n"
            "  <testsuite name=\"b.test.toml\" tests=\"0\" failures=\"0\" errors=\"0\">\n"
            "  </testsuite>\n"
            "</testsuites>\n");
}

}  // namespace
}  // namespace perigee::cli
