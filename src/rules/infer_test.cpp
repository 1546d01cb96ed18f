#include "rules/infer.hpp"

#include <gtest/gtest.h>

#include <format>
#include <string>
#include <vector>

#include "base/rules_limits.hpp"
#include "rules/rule_set.hpp"

namespace perigee::rules {
namespace {

std::string header_of(const std::vector<std::string>& payloads) {
  field_survey survey;
  for (const auto& one : payloads) survey.add(as_bytes(one));
  return survey.header();
}

TEST(FieldSurvey, SaysTypesSharesAndBounds) {
  EXPECT_EQ(header_of({R"({"t":20.5,"state":{"running":true,"mode":"auto"},"list":[1,{"x":2}],"odd name":1})",
                       R"({"t":-3,"state":{"running":false},"list":[],"odd name":null})",
                       R"({"t":99,"state":{"running":false},"list":[],"humidity":40})"}),
            "[fields]\n"
            "t = \"number\"  # -3 to 99\n"
            "\"state.running\" = \"boolean\"\n"
            "\"state.mode\" = \"text?\"  # in 33.3 %\n"
            "list = \"any\"\n"
            "\"odd name\" = \"number?\"  # in 33.3 %, 1 to 1\n"
            "humidity = \"number?\"  # in 33.3 %, 40 to 40\n");
}

TEST(FieldSurvey, WhatIsNowThisAndNowThatIsAny) {
  EXPECT_EQ(header_of({R"({"a":{"b":1},"c":1})", R"({"a":5,"c":"x"})"}), "[fields]\na = \"any\"\nc = \"any\"\n");
  EXPECT_EQ(header_of({R"({"a":null})"}), "[fields]\na = \"any?\"  # in 0 %\n");
  EXPECT_EQ(header_of({R"({"a":1,"a":2})"}), "[fields]\na = \"number\"  # 1 to 1\n");
  EXPECT_EQ(header_of({"21.5", "22"}), "[fields]\nvalue = \"number\"  # 21.5 to 22\n");
  EXPECT_EQ(header_of({R"([1,2])"}), "[fields]\nvalue = \"any\"\n");
  EXPECT_EQ(header_of({}), "[fields]\n");
}

TEST(FieldSurvey, CountsWhatIsNoJsonAndTakesNothingOfIt) {
  field_survey survey;
  EXPECT_FALSE(survey.add(as_bytes(R"({"a":1,"b")")));
  EXPECT_FALSE(survey.add({}));
  EXPECT_TRUE(survey.add(as_bytes(R"({"b":1})")));
  EXPECT_EQ(survey.unreadable(), 2U);
  EXPECT_EQ(survey.messages(), 1U);
  EXPECT_EQ(survey.header(), "[fields]\nb = \"number\"  # 1 to 1\n");
}

TEST(FieldSurvey, IsBounded) {
  field_survey survey;
  for (std::uint32_t i = 0; i < limits::rule_survey_fields_max + 5; ++i) {
    survey.add(as_bytes(std::format(R"({{"f{}":1}})", i)));
  }
  survey.add(as_bytes(std::format(R"({{"{}":1}})", std::string(limits::rule_survey_path_bytes_max + 1, 'x'))));
  EXPECT_EQ(survey.fields(), limits::rule_survey_fields_max);
  EXPECT_EQ(survey.passed_over(), 6U);
  std::string deep = "1";
  for (int i = 0; i < 40; ++i) deep = R"({"a":)" + deep + "}";
  std::string path = "a";
  for (std::uint32_t i = 1; i < limits::rule_survey_depth_max; ++i) path += ".a";
  EXPECT_EQ(header_of({deep}), std::format("[fields]\n\"{}\" = \"any\"\n", path));
}

/// What it says is what a rule takes, and a field that may be missing must be provided for.
TEST(FieldSurvey, ItsHeaderIsOneOfARule) {
  const auto fields = header_of({R"({"t":1,"b\"\\\n":2,"h":3})", R"({"t":1})"});
  const auto wrong_of = [&](std::string_view select) {
    const auto set = rule_set::load(std::vector<rule_source>{
        {"r.rule.sql", std::format("/*\n[[action]]\nstore = \"out\"\n{}*/\n{}", fields, select)}});
    return set ? std::string() : render_all(set.error());
  };
  EXPECT_EQ(wrong_of("SELECT t + 1 AS x, h FROM 'a'"), "");
  EXPECT_TRUE(wrong_of("SELECT h + 1 AS x FROM 'a'").contains("P0236: 'h' may be missing"));
}

}  // namespace
}  // namespace perigee::rules
