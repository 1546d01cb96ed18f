#include "wire/tpm/structures.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "wire/tpm/commands.hpp"
#include "wire/tpm/detail/big_endian.hpp"

namespace perigee::wire::tpm {
namespace {

using detail::writer;

TEST(tpm_structures, templates_are_public_areas_of_their_kind) {
  const auto storage = read_public(key_template::endorsement_ecc());
  ASSERT_TRUE(storage);
  EXPECT_TRUE(storage->has(attribute::restricted | attribute::decrypt | attribute::fixed_tpm));
  EXPECT_EQ(storage->attributes, 0x000300B2U) << "EK Credential Profile 2.5, B.3.4";
  EXPECT_EQ(storage->symmetric_bits, 128);
  const auto rsa = read_public(key_template::endorsement_rsa());
  ASSERT_TRUE(rsa);
  EXPECT_EQ(std::get<rsa_key>(rsa->key).bits, 2048);
  EXPECT_EQ(std::get<rsa_key>(rsa->key).exponent, 65'537U);
  const auto attestation = read_public(key_template::attestation());
  ASSERT_TRUE(attestation);
  EXPECT_EQ(attestation->scheme, algorithm::ecdsa);
  EXPECT_EQ(attestation->scheme_digest, algorithm::sha256);
  const auto signing = read_public(key_template::signing(byte_buffer(32, 7)));
  ASSERT_TRUE(signing);
  EXPECT_FALSE(signing->has(attribute::restricted));
  EXPECT_EQ(std::get<ecc_key>(signing->key).x, byte_buffer(32, 7));
}

TEST(tpm_structures, a_public_area_is_whole_and_has_nothing_behind_it) {
  const auto good = key_template::attestation();
  for (std::size_t bytes = 0; bytes < good.size(); ++bytes) {
    EXPECT_FALSE(read_public(byte_view(good).first(bytes))) << bytes;
  }
  auto longer = good;
  longer.push_back(0);
  EXPECT_FALSE(read_public(longer));
}

byte_buffer quote_bytes(std::uint32_t magic, std::uint32_t banks) {
  byte_buffer out;
  writer to(out);
  to.u32(magic);
  to.u16(0x8018);
  to.sized(byte_buffer(34));
  to.sized(byte_buffer(32, 5));
  to.u64(99);
  to.u32(3);
  to.u32(4);
  to.u8(1);
  to.u64(77);
  to.u32(banks);
  for (std::uint32_t i = 0; i < banks; ++i) {
    to.u16(static_cast<std::uint16_t>(algorithm::sha256));
    to.u8(3);
    to.bytes(byte_buffer{0x95, 0, 0x80});
  }
  to.sized(byte_buffer(32, 6));
  return out;
}

TEST(tpm_structures, reads_a_quote) {
  const auto read = read_attest(quote_bytes(0xFF544347, 1));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->extra_data, byte_buffer(32, 5));
  EXPECT_EQ(read->clock.resets, 3U);
  EXPECT_TRUE(read->clock.safe);
  EXPECT_EQ(read->firmware, 77U);
  const auto& quoted = std::get<quote_info>(read->what);
  ASSERT_EQ(quoted.selected.size(), 1U);
  EXPECT_EQ(quoted.selected.front(), (pcr_selection{algorithm::sha256, 0x800095}));
}

TEST(tpm_structures, refuses_what_is_no_quote) {
  EXPECT_FALSE(read_attest(quote_bytes(0xFF544348, 1))) << "a key signed this that signs anything";
  EXPECT_FALSE(read_attest(quote_bytes(0xFF544347, 9))) << "more banks than there are";
  const auto good = quote_bytes(0xFF544347, 1);
  for (std::size_t bytes = 0; bytes < good.size(); ++bytes) {
    EXPECT_FALSE(read_attest(byte_view(good).first(bytes))) << bytes;
  }
}

TEST(tpm_structures, reads_signatures_of_three_schemes_only) {
  const auto of = [](algorithm scheme) {
    byte_buffer out;
    writer to(out);
    to.u16(static_cast<std::uint16_t>(scheme));
    to.u16(static_cast<std::uint16_t>(algorithm::sha256));
    to.sized(byte_buffer(32, 1));
    if (scheme == algorithm::ecdsa) to.sized(byte_buffer(32, 2));
    return read_signature(out);
  };
  ASSERT_TRUE(of(algorithm::ecdsa));
  EXPECT_EQ(of(algorithm::ecdsa)->s, byte_buffer(32, 2));
  EXPECT_TRUE(of(algorithm::rsassa));
  EXPECT_TRUE(of(algorithm::rsapss));
  EXPECT_FALSE(of(algorithm::null));
}

TEST(tpm_commands, are_as_part_3_has_them) {
  const byte_buffer flush{0x80, 0x01, 0, 0, 0, 14, 0, 0, 0x01, 0x65, 0x80, 0, 0, 3};
  EXPECT_EQ(flush_context(static_cast<handle>(0x8000'0003)), flush);
  const auto secret = policy_secret(static_cast<handle>(0x0300'0000));
  const byte_buffer begins{0x80, 0x02, 0, 0, 0, 41, 0, 0, 0x01, 0x51, 0x40, 0, 0, 0x0B, 0x03, 0, 0, 0, 0, 0, 0, 9};
  ASSERT_EQ(secret.size(), 41U);
  EXPECT_TRUE(std::ranges::equal(byte_view(secret).first(begins.size()), begins));
}

TEST(tpm_commands, tell_what_a_tpm_refuses) {
  const byte_buffer refused{0x80, 0x01, 0, 0, 0, 10, 0, 0, 0x01, 0x8B};
  const auto done = read_done(refused);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, std::error_code(0x18B, response_category()));
  EXPECT_EQ(done.error().code.message(), "TPM response 0x18b");
  const byte_buffer lies{0x80, 0x01, 0, 0, 0, 11, 0, 0, 0, 0};
  EXPECT_FALSE(read_done(lies)) << "it says that it is longer";
  const byte_buffer short_handle{0x80, 0x01, 0, 0, 0, 12, 0, 0, 0, 0, 1, 2};
  EXPECT_FALSE(read_session(short_handle));
}

}  // namespace
}  // namespace perigee::wire::tpm
