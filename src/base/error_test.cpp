#include "base/error.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>

namespace perigee {
namespace {

result<int> half(int x) {
  if (x % 2 != 0) return fail(errc::malformed, "an odd number has no half");
  return x / 2;
}

result<int> quarter(int x) {
  PG_TRY(const int once, half(x));
  PG_TRY(const int twice, half(once));
  return twice;
}

result<> check_quarter(int x, int& steps) {
  PG_TRY_VOID(half(x));
  ++steps;
  PG_TRY_VOID(quarter(x));
  ++steps;
  return {};
}

result<std::unique_ptr<int>> boxed(bool there) {
  if (!there) return fail(errc::not_found, "nothing is there");
  return std::make_unique<int>(7);
}

result<int> unboxed(bool there) {
  PG_TRY(const auto box, boxed(there));
  return *box;
}

TEST(error, says_what_and_which_code) {
  const auto bad = half(3);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().text(), "an odd number has no half (malformed)");
  EXPECT_TRUE(is(bad.error(), errc::malformed));
  EXPECT_FALSE(is(bad.error(), errc::full));
}

TEST(error, remembers_where_it_was_noticed) {
  const auto bad = quarter(6);
  ASSERT_FALSE(bad);
  EXPECT_STREQ(bad.error().at.function_name(), half(3).error().at.function_name());
  EXPECT_NE(std::string_view(bad.error().at.file_name()).find("error_test.cpp"), std::string_view::npos);
}

TEST(error, keeps_a_foreign_code) {
  const std::unexpected<error> bad =
      fail(std::make_error_code(std::errc::no_space_on_device), "the segment did not grow");
  EXPECT_EQ(bad.error().code, std::errc::no_space_on_device);
  EXPECT_FALSE(is(bad.error(), errc::no_space));
}

TEST(error, codes_are_distinct_and_have_words) {
  std::set<std::string> words;
  for (int i = 0; i <= static_cast<int>(errc::no_space); ++i) {
    words.insert(make_error_code(static_cast<errc>(i)).message());
  }
  EXPECT_EQ(words.size(), static_cast<std::size_t>(errc::no_space) + 1);
  EXPECT_FALSE(words.contains("unknown"));
  EXPECT_EQ(perigee_category().message(9999), "unknown");
  EXPECT_EQ(perigee_category().message(-1), "unknown");
  EXPECT_STREQ(perigee_category().name(), "perigee");
}

TEST(error, the_words_stand_beside_their_codes) {
  EXPECT_EQ(make_error_code(errc::out_of_order).message(), "out of order");
  EXPECT_EQ(make_error_code(errc::timed_out).message(), "timed out");
  EXPECT_EQ(make_error_code(errc::no_space).message(), "no space");
}

TEST(try_macro, unwraps_or_returns) {
  EXPECT_EQ(quarter(12).value(), 3);
  EXPECT_FALSE(quarter(6));
  EXPECT_FALSE(quarter(5));
}

TEST(try_macro, void_form_stops_at_the_first_failure) {
  int steps = 0;
  EXPECT_FALSE(check_quarter(6, steps));
  EXPECT_EQ(steps, 1);
  EXPECT_TRUE(check_quarter(8, steps));
  EXPECT_EQ(steps, 3);
}

TEST(try_macro, moves_what_cannot_be_copied) {
  EXPECT_EQ(unboxed(true).value(), 7);
  EXPECT_TRUE(is(unboxed(false).error(), errc::not_found));
}

}  // namespace
}  // namespace perigee
