#include "crypto/password.hpp"

#include <gtest/gtest.h>

#include <format>
#include <string>
#include <vector>

namespace perigee::crypto {
namespace {

std::string hex(byte_view bytes) {
  std::string out;
  for (const auto one : bytes) out += std::format("{:02x}", one);
  return out;
}

TEST(password, argon2id_gives_the_tag_of_rfc_9106_5_3) {
  const byte_buffer password(32, 1);
  const byte_buffer salt(16, 2);
  const byte_buffer secret(8, 3);
  const byte_buffer associated(12, 4);
  digest tag;
  ASSERT_TRUE(argon2id({password, salt, secret, associated}, {.memory_kib = 32, .passes = 3, .lanes = 4}, tag));
  EXPECT_EQ(hex(tag), "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
}

TEST(password, argon2id_refuses_what_it_does_not_have) {
  const byte_buffer salt(16, 2);
  digest tag;
  const auto with = [&](argon2_cost cost, byte_view s) { return argon2id({as_bytes("p"), s}, cost, tag).has_value(); };
  EXPECT_TRUE(with({8, 1, 1}, salt));
  EXPECT_FALSE(with({7, 1, 1}, salt)) << "8 KiB for each lane";
  EXPECT_FALSE(with({8, 0, 1}, salt));
  EXPECT_FALSE(with({8, 1, 0}, salt));
  EXPECT_FALSE(with({8, 1, 2}, salt));
  EXPECT_FALSE(with({8, 1, 1}, byte_view(salt).first(7)));
  EXPECT_TRUE(argon2id({{}, salt}, {8, 1, 1}, tag)) << "an empty password is one";
}

TEST(password, hmac_gives_what_rfc_4231_says) {
  EXPECT_EQ(hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256({}, {})), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(password, sha256_gives_what_fips_180_says) {
  EXPECT_EQ(hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(password, pbkdf2_gives_what_rfc_7914_11_says) {
  EXPECT_EQ(hex(pbkdf2_sha256(as_bytes("passwd"), as_bytes("salt"), 1)),
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
}

TEST(password, secrets_are_the_same_or_not) {
  EXPECT_TRUE(same_secret(as_bytes("abc"), as_bytes("abc")));
  EXPECT_TRUE(same_secret({}, {}));
  EXPECT_FALSE(same_secret(as_bytes("abc"), as_bytes("abd")));
  EXPECT_FALSE(same_secret(as_bytes("abc"), as_bytes("ab")));
}

}  // namespace
}  // namespace perigee::crypto
