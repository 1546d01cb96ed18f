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
