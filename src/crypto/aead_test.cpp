#include "crypto/aead.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace perigee::crypto {
namespace {

byte_buffer hex(std::string_view digits) {
  byte_buffer out(digits.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto* at = digits.data() + 2 * i;
    std::from_chars(at, at + 2, out[i], 16);
  }
  return out;
}
template <std::size_t N>
std::array<std::uint8_t, N> array_of(std::string_view digits) {
  std::array<std::uint8_t, N> out;
  std::ranges::copy(hex(digits), out.begin());
  return out;
}

TEST(derive_key, is_hkdf_of_rfc_5869) {
  const auto secret = hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
  const auto salt = hex("000102030405060708090a0b0c");
  const auto info = hex("f0f1f2f3f4f5f6f7f8f9");  // A.1; the first 32 of its 42 bytes
  EXPECT_EQ(derive_key(secret, salt, info),
            array_of<32>("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"));
}

TEST(derive_key, needs_no_salt) {
  const auto secret = hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");  // RFC 5869 A.3
  EXPECT_EQ(derive_key(secret, {}, {}),
            array_of<32>("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"));
}

// Test case 16 of the GCM specification (McGrew and Viega).
const auto case_16_key = array_of<32>("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
const auto case_16_nonce = array_of<12>("cafebabefacedbaddecaf888");
const auto case_16_plain =
    hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de6"
        "57ba637"
        "b39");
const auto case_16_associated = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
const auto case_16_sealed =
    hex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a"
        "0abcc9f"
        "66276fc6ece0f4e1768cddf8853bb2d551b");

TEST(aead, is_aes_256_gcm) {
  aead box(case_16_key);
  byte_buffer sealed(case_16_plain.size() + tag_bytes);
  for (int again = 0; again < 2; ++again) {
    box.seal(case_16_nonce, case_16_associated, case_16_plain, sealed);
    EXPECT_EQ(sealed, case_16_sealed);
  }
  byte_buffer plain(case_16_plain.size());
  ASSERT_TRUE(box.open(case_16_nonce, case_16_associated, sealed, plain));
  EXPECT_EQ(plain, case_16_plain);
}

TEST(aead, refuses_any_other_byte) {
  aead box(case_16_key);
  byte_buffer plain(case_16_plain.size());
  for (std::size_t i = 0; i < case_16_sealed.size(); ++i) {
    auto other = case_16_sealed;
    other[i] ^= 0x40;
    EXPECT_TRUE(is(box.open(case_16_nonce, case_16_associated, other, plain).error(), errc::corrupt)) << i;
  }
  auto nonce = case_16_nonce;
  nonce[3] ^= 1;
  EXPECT_FALSE(box.open(nonce, case_16_associated, case_16_sealed, plain));
  EXPECT_FALSE(box.open(case_16_nonce, {}, case_16_sealed, plain));
  auto key = case_16_key;
  key[31] ^= 1;
  EXPECT_FALSE(aead(key).open(case_16_nonce, case_16_associated, case_16_sealed, plain));
  EXPECT_FALSE(box.open(case_16_nonce, {}, byte_view(case_16_sealed).first(5), byte_span(plain).first(0)));
  EXPECT_TRUE(box.open(case_16_nonce, case_16_associated, case_16_sealed, plain)) << "a failure leaves it usable";
}

TEST(aead, takes_an_empty_text) {
  aead box(case_16_key);
  byte_buffer sealed(tag_bytes);
  box.seal(case_16_nonce, case_16_associated, {}, sealed);
  EXPECT_TRUE(box.open(case_16_nonce, case_16_associated, sealed, {}));
}

TEST(parse_key, takes_raw_bytes_and_hexadecimal) {
  EXPECT_EQ(parse_key(case_16_key), case_16_key);
  const std::string digits = "feffe9928665731c6d6a8f9467308308FEFFE9928665731c6d6a8f9467308308";
  EXPECT_EQ(parse_key(as_bytes(digits)), case_16_key);
  EXPECT_EQ(parse_key(as_bytes(digits + "\n")), case_16_key);
  for (const auto& bad : {std::string(), digits.substr(1), digits + "0", 'g' + digits.substr(1)}) {
    EXPECT_TRUE(is(parse_key(as_bytes(bad)).error(), errc::malformed)) << bad;
  }
}

}  // namespace
}  // namespace perigee::crypto
