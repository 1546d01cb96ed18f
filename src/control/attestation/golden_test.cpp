// What a software TPM of libtpms (swtpm 0.7.1) said of itself: tests/data/tpm, docs/attestation.md has how it was made.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "control/attestation/boot_policy.hpp"
#include "control/attestation/keys.hpp"

namespace perigee::control::attestation {
namespace {

byte_buffer file(const std::string& name) {
  std::ifstream from("tests/data/tpm/" + name, std::ios::binary);
  EXPECT_TRUE(from) << name;
  return {std::istreambuf_iterator<char>(from), {}};
}

TEST(attestation_golden, keys_are_what_they_should_be) {
  const auto endorsement = read_key(file("ek.public"));
  const auto attestation = read_key(file("ak.public"));
  const auto device = read_key(file("device.public"));
  ASSERT_TRUE(endorsement && attestation && device);
  EXPECT_TRUE(check_endorsement_key(*endorsement));
  EXPECT_TRUE(check_attestation_key(*attestation));
  EXPECT_FALSE(check_attestation_key(*device));
  EXPECT_FALSE(check_endorsement_key(*attestation));
  EXPECT_TRUE(stays_in_its_tpm(device->area));
}

TEST(attestation_golden, a_quote_is_signed_and_its_log_replays) {
  const auto by = read_key(file("ak.public"));
  const auto bytes = file("quote.attest");
  const auto signature = file("quote.signature");
  ASSERT_TRUE(check_signature(*by, bytes, signature));
  const auto said = wire::tpm::read_attest(bytes);
  ASSERT_TRUE(said);
  EXPECT_EQ(said->extra_data, file("nonce"));
  const auto& quoted = std::get<wire::tpm::quote_info>(said->what);
  ASSERT_EQ(quoted.selected.size(), 1);
  EXPECT_EQ(quoted.selected.front(), (wire::tpm::pcr_selection{wire::tpm::algorithm::sha256, 0x95}));
  const boot_policy policy{.pcrs = 0x95, .secure_boot = true};
  EXPECT_TRUE(check_boot(policy, quoted, *digest_of_signature(signature), file("event.log")));
}

TEST(attestation_golden, a_certification_names_the_device_key) {
  const auto by = read_key(file("ak.public"));
  const auto bytes = file("certify.attest");
  ASSERT_TRUE(check_signature(*by, bytes, file("certify.signature")));
  const auto said = wire::tpm::read_attest(bytes);
  ASSERT_TRUE(said);
  EXPECT_EQ(std::get<wire::tpm::certify_info>(said->what).name, name_of(read_key(file("device.public"))->area));
}

}  // namespace
}  // namespace perigee::control::attestation
