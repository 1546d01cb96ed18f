#include "model/reading.hpp"

#include <gtest/gtest.h>

namespace perigee::model {
namespace {

TEST(reading, owns_what_a_view_shows) {
  const byte_buffer bytes{1, 2, 3};
  const value_view values[] = {{}, 21.5, std::int64_t{-7}, true, std::string_view("open"), byte_view(bytes)};
  for (const auto& v : values) {
    const reading_view seen{"press-4", "temperature", {42}, v, quality::uncertain, "the sensor warms up"};
    const reading kept(seen);
    const auto back = kept.view();
    EXPECT_EQ(back.device, seen.device);
    EXPECT_EQ(back.metric, seen.metric);
    EXPECT_EQ(back.time, seen.time);
    EXPECT_EQ(back.quality, seen.quality);
    EXPECT_EQ(back.why, seen.why);
    ASSERT_EQ(back.value.index(), v.index());
    EXPECT_EQ(number_of(back.value), number_of(v));
  }
  const reading text({.device = "d", .metric = "m", .time = {}, .value = std::string_view("open"), .why = ""});
  EXPECT_EQ(std::get<std::string_view>(text.view().value), "open");
  const reading blob({.device = "d", .metric = "m", .time = {}, .value = byte_view(bytes), .why = ""});
  EXPECT_EQ(to_buffer(std::get<byte_view>(blob.view().value)), bytes);
}

TEST(reading, numbers_are_doubles_integers_and_bools) {
  EXPECT_EQ(number_of(21.5), 21.5);
  EXPECT_EQ(number_of(std::int64_t{7}), 7);
  EXPECT_EQ(number_of(true), 1);
  EXPECT_TRUE(is_number(false));
  EXPECT_FALSE(is_number(std::string_view("7")));
  EXPECT_FALSE(is_number(value_view{}));
}

TEST(reading, qualities_have_names) {
  EXPECT_EQ(name_of(quality::good), "good");
  EXPECT_EQ(name_of(quality::bad), "bad");
}

}  // namespace
}  // namespace perigee::model
