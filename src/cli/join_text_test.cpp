#include "cli/join_text.hpp"

#include <gtest/gtest.h>

namespace perigee::cli {
namespace {

const std::string digest(64, 'a');

TEST(join_text, is_read_as_it_was_written) {
  for (const auto& [name, fingerprint] : {std::pair(std::string("fog-1"), digest), {"", digest}, {"fog-1", ""}}) {
    const auto read = read_join_line(to_line({"https://cloud:8443", "pgt_x-Y_9", name, fingerprint}));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->url, "https://cloud:8443");
    EXPECT_EQ(read->token, "pgt_x-Y_9");
    EXPECT_EQ(read->name, name);
    EXPECT_EQ(read->fingerprint, fingerprint);
  }
}

TEST(join_text, other_text_is_no_such_line) {
  EXPECT_FALSE(read_join_line(""));
  EXPECT_FALSE(read_join_line("https://cloud:8443"));
  EXPECT_FALSE(read_join_line("https://cloud:8443#join=a,b,c"));
  const auto nothing = read_join_line("/#join=");
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->url.empty() && nothing->token.empty() && nothing->name.empty() && nothing->fingerprint.empty());
}

}  // namespace
}  // namespace perigee::cli
