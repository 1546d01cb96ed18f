#include "journal/detail/mark_table.hpp"

#include <gtest/gtest.h>

#include <format>

#include "base/limits.hpp"

namespace perigee::journal::detail {
namespace {

stamp at(std::uint64_t n) { return {perigee::epoch(1), perigee::sequence(n)}; }

void set(mark_table& marks, std::string_view source, std::uint64_t n) {
  ASSERT_TRUE(marks.check(source, at(n)));
  marks.set(source, at(n));
}

/// The table as a segment that starts with the staged batch would store it.
mark_table stored(const mark_table& marks) {
  byte_buffer body;
  marks.encode(body);
  mark_table out;
  EXPECT_TRUE(out.decode(body));
  return out;
}

TEST(mark_table, stores_what_stood_before_the_staged_batch) {
  mark_table marks;
  set(marks, "a", 1);
  marks.launch();
  EXPECT_EQ(stored(marks).find("a"), at(1));
  set(marks, "a", 2);
  set(marks, "a", 3);
  set(marks, "b", 1);
  EXPECT_EQ(marks.find("a"), at(3));
  EXPECT_EQ(stored(marks).find("a"), at(1));
  EXPECT_EQ(stored(marks).find("b"), std::nullopt);
}

TEST(mark_table, goes_back_to_what_is_committed_when_a_write_fails) {
  mark_table marks;
  set(marks, "a", 1);
  marks.launch();
  marks.keep();
  set(marks, "a", 2);
  set(marks, "b", 1);
  marks.launch();  // being written
  set(marks, "a", 3);
  set(marks, "c", 1);
  marks.take_back();
  EXPECT_EQ(stored(marks).find("a"), at(1));
  EXPECT_EQ(stored(marks).size(), 1U);
  EXPECT_EQ(marks.find("a"), at(3)) << "it is still staged";
  marks.launch();
  marks.keep();
  EXPECT_EQ(stored(marks).find("a"), at(3));
  EXPECT_EQ(stored(marks).size(), 3U);
}

TEST(mark_table, knows_every_epoch_of_a_source) {
  mark_table marks;
  const auto in = [](std::uint64_t e, std::uint64_t n) { return stamp{perigee::epoch(e), perigee::sequence(n)}; };
  const auto put = [&](stamp s) {
    ASSERT_TRUE(marks.check("a", s));
    marks.set("a", s);
  };
  put(in(1, 5));
  put(in(2, 1));
  EXPECT_TRUE(is(marks.check("a", in(1, 5)).error(), errc::duplicate));
  put(in(1, 6));  // the rest of what it had kept
  EXPECT_TRUE(is(marks.check("a", in(2, 1)).error(), errc::duplicate));
  EXPECT_EQ(marks.find("a"), in(1, 6));
  EXPECT_EQ(marks.find("a", perigee::epoch(2)), in(2, 1));
  EXPECT_EQ(marks.find("a", perigee::epoch(3)), std::nullopt);
  marks.launch();
  EXPECT_EQ(stored(marks).all("a"), (std::vector{in(1, 6), in(2, 1)}));
}

TEST(mark_table, forgets_the_epoch_used_longest_ago) {
  mark_table marks;
  const auto in = [](std::uint64_t e) { return stamp{perigee::epoch(e), perigee::sequence(9)}; };
  const auto put = [&](stamp s) {
    ASSERT_TRUE(marks.check("a", s));
    marks.set("a", s);
  };
  for (std::uint64_t e = 1; e <= limits::journal_epochs_max; ++e) put(in(e));
  put({perigee::epoch(1), perigee::sequence(10)});
  put(in(100));
  EXPECT_EQ(marks.find("a", perigee::epoch(2)), std::nullopt);
  EXPECT_TRUE(marks.find("a", perigee::epoch(1)));
  EXPECT_TRUE(marks.find("a", perigee::epoch(3)));
  EXPECT_EQ(marks.all("a").size(), limits::journal_epochs_max);
}

TEST(mark_table, takes_back_a_change_of_epoch) {
  mark_table marks;
  const stamp other{perigee::epoch(2), perigee::sequence(1)};
  set(marks, "a", 1);
  marks.launch();
  marks.keep();
  ASSERT_TRUE(marks.check("a", other));
  marks.set("a", other);
  set(marks, "a", 2);
  EXPECT_EQ(stored(marks).all("a"), std::vector{at(1)});
  EXPECT_EQ(marks.all("a"), (std::vector{at(2), other}));
}

TEST(mark_table, is_bounded) {
  mark_table marks;
  for (std::uint32_t i = 0; i < limits::journal_sources_max; ++i) set(marks, std::format("s{}", i), 1);
  EXPECT_TRUE(is(marks.check("one more", at(1)).error(), errc::full));
  EXPECT_TRUE(marks.check("s7", at(2))) << "those it knows go on";
  marks.launch();
  EXPECT_EQ(stored(marks).size(), limits::journal_sources_max);
}

TEST(mark_table, refuses_bytes_that_are_none) {
  mark_table marks;
  set(marks, "a", 1);
  byte_buffer body;
  marks.launch();
  marks.encode(body);
  for (std::size_t n = 0; n < body.size(); ++n) EXPECT_FALSE(marks.decode(byte_view(body).first(n))) << n;
  EXPECT_EQ(marks.find("a"), at(1)) << "a refused body changes nothing";
  body[0] = 2;
  EXPECT_TRUE(is(marks.decode(body).error(), errc::unsupported));
}

}  // namespace
}  // namespace perigee::journal::detail
