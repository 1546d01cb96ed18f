#include "node/token_uses.hpp"

#include <gtest/gtest.h>

#include "base/people_limits.hpp"

namespace perigee::node {
namespace {

using namespace std::chrono_literals;

const timestamp some_day = *from_iso8601("2026-11-23T07:30:00Z");

crypto::digest digest_of(std::uint32_t number) {
  crypto::digest out{};
  for (std::size_t i = 0; i < 4; ++i) out[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return out;
}

TEST(token_uses, are_known_by_day) {
  token_uses all;
  EXPECT_FALSE(all.last(digest_of(1)));
  all.note(digest_of(1), some_day);
  const auto after_one = all.generation();
  all.note(digest_of(1), some_day + 2h);
  EXPECT_EQ(all.generation(), after_one) << "nothing new to keep";
  EXPECT_EQ(all.last(digest_of(1)), "2026-11-23");
  all.note(digest_of(1), some_day + 24h);
  EXPECT_EQ(all.last(digest_of(1)), "2026-11-24");
  EXPECT_GT(all.generation(), after_one);
}

TEST(token_uses, outlive_the_process) {
  token_uses before;
  before.note(digest_of(1), some_day);
  before.note(digest_of(2), some_day + 48h);
  token_uses after;
  ASSERT_TRUE(after.restore(before.to_json()));
  EXPECT_EQ(after.last(digest_of(1)), "2026-11-23");
  EXPECT_EQ(after.last(digest_of(2)), "2026-11-25");
  for (const auto* wrong : {"", "{}", "[]", R"({"version":2,"uses":{}})", R"({"version":1,"uses":[]})",
                            R"({"version":1,"uses":{"ab":"2026-11-23"}})"}) {
    EXPECT_FALSE(after.restore(wrong)) << wrong;
  }
}

TEST(token_uses, of_the_longest_ago_are_forgotten_first) {
  token_uses all;
  all.note(digest_of(0), some_day);
  for (std::uint32_t i = 1; i <= limits::people_token_uses_max; ++i) all.note(digest_of(i), some_day + 24h);
  EXPECT_FALSE(all.last(digest_of(0)));
  EXPECT_TRUE(all.last(digest_of(1)));
}

}  // namespace
}  // namespace perigee::node
