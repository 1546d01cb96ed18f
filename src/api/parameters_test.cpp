#include "api/parameters.hpp"

#include <gtest/gtest.h>

namespace perigee::api {
namespace {

using namespace std::chrono_literals;

const std::vector<parameter> table{text_parameter("name", "", 8), whole_parameter("n", "", -1, 10, "3"),
                                   time_parameter("from", ""), duration_parameter("step", ""),
                                   choice_parameter("as", "", {"min", "max"}).many()};

parameters given(std::string_view form) {
  parameters out;
  EXPECT_TRUE(out.add_form(form)) << form;
  return out;
}

TEST(parameters, mean_what_the_table_says) {
  auto p = given("name=a+b&n=-1&from=2026-03-01T12:00:00Z&step=5m&as=max&as=min");
  ASSERT_TRUE(p.check(table));
  EXPECT_EQ(p.text("name"), "a b");
  EXPECT_EQ(p.whole("n"), -1);
  EXPECT_EQ(to_iso8601(*p.time("from")), "2026-03-01T12:00:00Z");
  EXPECT_EQ(p.duration("step"), 5min);
  EXPECT_EQ(p.texts("as"), (std::vector<std::string_view>{"max", "min"}));
}

TEST(parameters, have_an_initial_value_or_none) {
  auto p = given("");
  ASSERT_TRUE(p.check(table));
  EXPECT_EQ(p.whole("n"), 3);
  EXPECT_EQ(p.text("name"), std::nullopt);
  EXPECT_EQ(p.time("from"), std::nullopt);
}

TEST(parameters, take_a_time_in_milliseconds_too) {
  auto p = given("from=1500");
  ASSERT_TRUE(p.check(table));
  EXPECT_EQ(p.time("from"), timestamp{1'500'000'000});
}

TEST(parameters, are_refused_with_the_field_and_what_is_right) {
  for (const auto* wrong : {"name=123456789", "name=%00", "name=%ff", "n=11", "n=-2", "n=", "n=1x",
                            "n=99999999999999999999", "from=x", "from=-1", "from=9223372036854775807", "step=0s",
                            "step=-1s", "step=5y", "step=99999999999999d", "as=mean", "name=a&name=b", "nam=a"}) {
    auto p = given(wrong);
    const auto how = p.check(table);
    const std::string_view text(wrong);
    ASSERT_FALSE(how) << wrong;
    EXPECT_EQ(how.error().field, text.substr(0, text.find('=')));
    EXPECT_FALSE(how.error().right.empty()) << wrong;
  }
}

TEST(parameters, that_are_needed_must_be_there) {
  const std::vector<parameter> needs{text_parameter("name", "").needed()};
  auto p = given("");
  const auto how = p.check(needs);
  ASSERT_FALSE(how);
  EXPECT_EQ(how.error().field, "name");
}

const std::vector<parameter> body_table{text_parameter("name", ""), text_parameter("groups", "", 8).many(),
                                        map_parameter("attributes", "", 4, 8)};

TEST(parameters, of_a_body_may_be_lists_and_objects_of_texts) {
  parameters p;
  ASSERT_TRUE(p.add_json(R"({"name":"a","groups":["x","y"],"attributes":{"k":"v","n":7,"gone":null}})"));
  ASSERT_TRUE(p.check(body_table));
  EXPECT_EQ(p.texts("groups"), (std::vector<std::string_view>{"x", "y"}));
  EXPECT_EQ(p.entries("attributes"), (std::vector<parameters::entry>{{"k", "v"}, {"n", "7"}, {"gone", std::nullopt}}));
}

TEST(parameters, of_a_body_may_be_empty_lists) {
  parameters p;
  ASSERT_TRUE(p.add_json(R"({"groups":[],"name":null})"));
  ASSERT_TRUE(p.check(body_table));
  EXPECT_TRUE(p.has("groups"));
  EXPECT_TRUE(p.texts("groups").empty());
  EXPECT_FALSE(p.has("name"));
  EXPECT_FALSE(p.has("attributes"));
}

TEST(parameters, of_a_body_are_what_the_table_says) {
  for (const auto* wrong :
       {R"({"name":{"a":"b"}})", R"({"name":["a","b"]})", R"({"name":[]})", R"({"attributes":"k"})",
        R"({"attributes":["k"]})", R"({"attributes":{"k":"123456789"}})", R"({"attributes":{"12345":"v"}})",
        R"({"groups":{"a":"b"}})", R"({"other":[]})", R"({"groups":["123456789"]})"}) {
    parameters p;
    ASSERT_TRUE(p.add_json(wrong)) << wrong;
    const auto how = p.check(body_table);
    ASSERT_FALSE(how) << wrong;
    EXPECT_FALSE(how.error().right.empty()) << wrong;
  }
  for (const auto* wrong : {"[]", "{", R"({"a":[[1]]})", R"({"a":{"b":{}}})", "7"}) {
    parameters p;
    EXPECT_FALSE(p.add_json(wrong)) << wrong;
  }
  auto in_query = given("attributes=k");
  EXPECT_FALSE(in_query.check(body_table));
}

}  // namespace
}  // namespace perigee::api
