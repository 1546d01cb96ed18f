// What rules hand over to systems and people outside.

#include <gtest/gtest.h>

#include "rules/recorder_test.hpp"
#include "rules/rule_set.hpp"

namespace perigee::rules {
namespace {

using testing::recorder;

std::expected<rule_set, diagnostics> load(std::string_view actions, const destinations* known = nullptr) {
  const std::vector<rule_source> source{
      {"r.rule.sql", std::format("/*\n{}\n*/\nSELECT t, m FROM 'a/+' WHERE t > 8", actions)}};
  return rule_set::load(source, no_table_files{}, known);
}

std::vector<std::string> told(std::string_view actions, std::vector<std::string_view> payloads) {
  auto set = load(actions);
  if (!set) ADD_FAILURE() << render_all(set.error());
  recorder out;
  for (const auto each : payloads) {
    if (set) set->apply({"a/m7", as_bytes(each), timestamp{1'000'000'000}}, out);
  }
  return out.lines;
}

std::string code_of(std::string_view actions, const destinations* known = nullptr) {
  const auto set = load(actions, known);
  return set || set.error().empty() ? "" : set.error().front().code;
}

TEST(Delivery, AWebhookGetsTheColumnsOrItsPayload) {
  EXPECT_EQ(told("[[action]]\nwebhook = \"ops\"", {R"({"t":9,"m":"x"})", R"({"t":7})"}),
            std::vector<std::string>{R"(store $perigee/webhook/ops {"t":9,"m":"x"})"});
  EXPECT_EQ(told("[[action]]\nwebhook = \"ops\"\npayload = '{\"at\":${topic(2)}}'", {R"({"t":9})"}),
            std::vector<std::string>{R"(store $perigee/webhook/ops {"at":"m7"})"});
}

TEST(Delivery, AnEmailHasSubjectAndTextWhateverStandsInThem) {
  constexpr std::string_view email = R"([[action]]
email = "people"
subject = "\"${m}\" is at ${t}"
text = "of ${topic()}\n${missing}")";
  EXPECT_EQ(told(email, {R"({"t":9,"m":"a \"b\"\r\nBcc: x"})"}),
            std::vector<std::string>{
                R"(store $perigee/email/people {"subject":"\"a \"b\"\r\nBcc: x\" is at 9","text":"of a/m7\nnull"})"});
}

TEST(Delivery, AnAlarmTellsWhenItIsRaisedAndCleared) {
  const auto lines = told(R"([[action]]
alarm = "hot"
tell = ["webhook/ops", "email/people"])",
                          {R"({"t":9})", R"({"t":9})", R"({"t":1})"});
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_TRUE(lines[1].starts_with(R"(store $perigee/webhook/ops {"alarm":"hot")")) << lines[1];
  EXPECT_TRUE(lines[2].starts_with(R"(store $perigee/email/people {"alarm":"hot")")) << lines[2];
  EXPECT_NE(lines[5].find(R"("state":"cleared")"), std::string::npos);
}

TEST(Delivery, AnAlarmWithADelayTellsWhenThatIsOver) {
  auto set = load("[[action]]\nalarm = \"hot\"\non_delay = \"5s\"\ntell = [\"webhook/ops\"]");
  ASSERT_TRUE(set) << render_all(set.error());
  recorder out;
  set->apply({"a/m7", as_bytes(R"({"t":9})"), timestamp{1'000'000'000}}, out);
  EXPECT_TRUE(out.lines.empty());
  set->advance(0, timestamp{7'000'000'000}, out);
  ASSERT_EQ(out.lines.size(), 2U);
  EXPECT_TRUE(out.lines[1].starts_with(R"(store $perigee/webhook/ops {"alarm":"hot")")) << out.lines[1];
}

TEST(Delivery, WhatIsNoDestinationIsRefused) {
  const destinations known{"webhook/ops", "email/people"};
  EXPECT_EQ(code_of("[[action]]\nwebhook = \"ops\"", &known), "");
  EXPECT_EQ(code_of("[[action]]\nwebhook = \"opps\"", &known), "P0240");
  EXPECT_EQ(code_of("[[action]]\nwebhook = \"people\"", &known), "P0240");
  EXPECT_EQ(code_of("[[action]]\nwebhook = \"a/../b\""), "P0216");
  EXPECT_EQ(code_of("[[action]]\nwebhook = \"${m}\""), "P0216");
  EXPECT_EQ(code_of("[[action]]\nemail = \"people\"\nsubject = \"s\""), "P0216");
  EXPECT_EQ(code_of("[[action]]\nemail = \"people\"\nsubject = \"s\"\ntext = \"t\"\npayload = \"p\""), "P0215");
  EXPECT_EQ(code_of("[[action]]\nalarm = \"a\"\ntell = \"webhook/ops\""), "P0216");
  EXPECT_EQ(code_of("[[action]]\nalarm = \"a\"\ntell = [\"pager/ops\"]"), "P0216");
  EXPECT_EQ(code_of("[[action]]\nalarm = \"a\"\ntell = [7]"), "P0216");
}

}  // namespace
}  // namespace perigee::rules
