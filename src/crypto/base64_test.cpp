#include "crypto/base64.hpp"

#include <gtest/gtest.h>

namespace perigee::crypto {
namespace {

TEST(base64, gives_what_rfc_4648_10_says) {
  EXPECT_EQ(to_base64(as_bytes("fo"), padding::with), "Zm8=");
  EXPECT_EQ(to_base64(as_bytes("foob"), padding::with), "Zm9vYg==");
  EXPECT_EQ(to_base64(as_bytes("foob"), padding::without), "Zm9vYg");
  EXPECT_EQ(as_text(*from_base64("Zm9vYmFy", padding::with)), "foobar");
  EXPECT_EQ(as_text(*from_base64("Zm8=", padding::with)), "fo");
}

TEST(base64, has_one_spelling_for_each_value) {
  for (const auto* bad : {"Zm8", "Zm9=", "Zm8==", "Z", "Zm 8=", "Zm8=A", "Zm8-", "===="}) {
    EXPECT_FALSE(from_base64(bad, padding::with)) << bad;
  }
  EXPECT_FALSE(from_base64("Zm8=", padding::without));
  EXPECT_FALSE(from_base64("Zm9", padding::without)) << "bits behind the last byte";
}

}  // namespace
}  // namespace perigee::crypto
