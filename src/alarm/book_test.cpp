#include "alarm/book.hpp"

#include <gtest/gtest.h>

#include <format>

#include "base/limits.hpp"

namespace perigee::alarm {
namespace {

using namespace std::chrono_literals;

constexpr timestamp start{1'700'000'000'000'000'000};

std::string text(std::string_view state, nanoseconds at, std::string_view key = "m7") {
  return std::format(R"({{"alarm":"hot","key":"{}","severity":"critical","state":"{}","ts":{},"since":{},)"
                     R"("values":{{"machine":"m7","temperature":93.5}}}})",
                     key, state, (start + at).ns / 1000, start.ns / 1000);
}

void hear(book& in, std::string_view state, nanoseconds at, std::string_view key = "m7") {
  const auto what = read_alarm(text(state, at, key));
  ASSERT_TRUE(what);
  in.hear("edge-1", *what);
}

const alarm& only(const book& in) {
  EXPECT_EQ(in.all().size(), 1U);
  return in.all().begin()->second;
}

TEST(an_alarm, is_read_from_what_a_rule_says) {
  const auto what = read_alarm(text("raised", 0s));
  ASSERT_TRUE(what);
  EXPECT_EQ(what->name, "hot");
  EXPECT_EQ(what->severity, 1);
  EXPECT_EQ(what->at, start);
  EXPECT_EQ(what->message, "machine m7, temperature 93.5");
  EXPECT_EQ(what->value, 93.5);
  for (const auto* wrong : {"", "[]", "{}", R"({"alarm":"a","state":"raised"})", R"({"alarm":"a","state":"x","ts":1})",
                            R"({"alarm":"","state":"raised","ts":1})", R"({"alarm":"a","state":"raised","ts":-1})",
                            R"({"alarm":"a","state":"raised","ts":"1"})"}) {
    EXPECT_FALSE(read_alarm(wrong)) << wrong;
  }
}

TEST(an_alarm, is_raised_seen_and_cleared) {
  book all;
  hear(all, "raised", 0s);
  const auto id = only(all).id;
  EXPECT_EQ(only(all).state(), "raised");
  ASSERT_TRUE(all.acknowledge(id, {"ann", start + 1s, "on my way"}));
  EXPECT_EQ(only(all).state(), "acknowledged");
  EXPECT_FALSE(all.acknowledge(id, {"bob", start + 2s, ""}));
  hear(all, "cleared", 3s);
  EXPECT_EQ(only(all).state(), "cleared");
  EXPECT_EQ(only(all).acknowledged->by, "ann");
  hear(all, "raised", 4s);
  EXPECT_EQ(only(all).state(), "raised");
  EXPECT_FALSE(only(all).acknowledged);
  EXPECT_EQ(only(all).id, id);
}

TEST(an_alarm, changes_nothing_when_it_is_heard_of_again) {
  book all;
  hear(all, "raised", 0s);
  ASSERT_TRUE(all.acknowledge(only(all).id, {"ann", start + 1s, ""}));
  hear(all, "cleared", 2s);
  const auto version = all.version();
  hear(all, "raised", 0s);
  hear(all, "cleared", 2s);
  EXPECT_EQ(all.version(), version);
  EXPECT_EQ(only(all).state(), "cleared");
}

TEST(an_alarm, is_cleared_by_a_person) {
  book all;
  hear(all, "raised", 0s);
  ASSERT_TRUE(all.clear(only(all).id, start + 1s));
  EXPECT_EQ(only(all).state(), "cleared");
  EXPECT_FALSE(all.clear(only(all).id, start + 1s));
  EXPECT_FALSE(all.clear("another", start));
  EXPECT_FALSE(all.acknowledge("another", {}));
}

TEST(a_book_of_alarms, forgets_what_was_cleared_first) {
  book all;
  for (std::uint32_t i = 0; i < limits::alarms_max; ++i) hear(all, "raised", 0s, std::format("{}", i));
  hear(all, "cleared", 1s, "17");
  hear(all, "raised", 2s, "new");
  EXPECT_EQ(all.all().size(), limits::alarms_max);
  for (const auto& [id, one] : all.all()) EXPECT_NE(one.key, "17");
}

TEST(a_book_of_alarms, outlives_its_process) {
  book before;
  hear(before, "raised", 0s);
  hear(before, "raised", 0s, "other");
  ASSERT_TRUE(before.acknowledge(before.all().begin()->first, {"ann", start + 1s, "seen"}));
  book after;
  ASSERT_TRUE(after.restore(before.to_json()));
  EXPECT_EQ(after.to_json(), before.to_json());
  for (const auto* wrong : {"", "{}", R"({"version":2,"alarms":[]})", R"({"version":1,"alarms":[{}]})"}) {
    EXPECT_FALSE(after.restore(wrong)) << wrong;
  }
  EXPECT_EQ(after.all().size(), 2U);
}

}  // namespace
}  // namespace perigee::alarm
