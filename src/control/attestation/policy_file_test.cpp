#include "control/attestation/policy_file.hpp"

#include <gtest/gtest.h>

#include <array>

namespace perigee::control::attestation {
namespace {

using codes = std::vector<std::string>;

/// The codes of what is wrong with a text, in the order of their places.
codes faults(std::string_view text) {
  const auto read = read_policy({"boot.toml", text});
  codes out;
  if (read) return out;
  for (const auto& one : read.error()) out.push_back(one.code);
  return out;
}

const std::string digest(64, 'a');

TEST(attestation_policy_file, says_all_that_a_policy_has) {
  const auto read = read_policy({"boot.toml", R"(
    pcrs = [0, 4, 7]
    secure_boot = true
    manufacturers = "makers.pem"
    [[value]]
    pcr = 0
    allowed = [")" + digest + R"("]
    [[event]]
    pcr = 4
    type = "EV_EFI_BOOT_SERVICES_APPLICATION"
    allowed = [")" + digest + R"("]
  )"});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->manufacturers, "makers.pem");
  EXPECT_EQ(read->boot.pcrs, 1U << 0 | 1U << 4 | 1U << 7);
  EXPECT_EQ(read->boot.bank, wire::tpm::algorithm::sha256);
  EXPECT_TRUE(read->boot.secure_boot);
  ASSERT_EQ(read->boot.values.size(), 1);
  EXPECT_EQ(read->boot.values.front().allowed.front(), byte_buffer(32, 0xAA));
  ASSERT_EQ(read->boot.events.size(), 1);
  EXPECT_EQ(read->boot.events.front().type, wire::tpm::event_type::efi_boot_services_application);
}

TEST(attestation_policy_file, refuses_what_proves_nothing) {
  EXPECT_EQ(faults("pcrs = []"), codes{"P0104"});
  EXPECT_EQ(faults(""), (codes{"P0104", "P0104"}));
  EXPECT_EQ(faults("pcrs = [0]\nsecure_boot = true"), codes{"P0114"});
  EXPECT_EQ(faults("pcrs = [0]\n[[value]]\npcr = 4\nallowed = []"), codes{"P0114"});
}

TEST(attestation_policy_file, refuses_what_is_misspelt) {
  EXPECT_EQ(faults("pcrs = [24]"), (codes{"P0104", "P0105"}));
  EXPECT_EQ(faults("pcrs = [0]\nbank = \"sha1\""), codes{"P0106"});
  EXPECT_EQ(faults("pcrs = [0]\nsecureboot = true"), codes{"P0102"});
  EXPECT_EQ(faults("pcrs = [0]\n[[value]]\npcr = 0\nallowed = [\"abc\"]"), codes{"P0105"});
  EXPECT_EQ(faults("pcrs = [0]\n[[value]]\npcr = 0\nallowed = [\"abcd\"]"), codes{"P0105"}) << "of no bank's size";
  EXPECT_EQ(faults("pcrs = [0]\n[[event]]\npcr = 0\ntype = \"EV_EFI_BOOT\"\nallowed = []"), codes{"P0106"});
  EXPECT_EQ(faults("pcrs = ["), codes{"P0101"});
}

}  // namespace
}  // namespace perigee::control::attestation
