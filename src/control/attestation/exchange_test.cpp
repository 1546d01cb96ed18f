#include "control/attestation/exchange.hpp"

#include <gtest/gtest.h>

#include "control/attestation/software_tpm_test.hpp"

namespace perigee::control::attestation {
namespace {

constexpr timestamp now{1'700'000'000'000'000'000};

TEST(attestation_exchange, carries_everything_there_and_back) {
  const software_tpm tpm;
  verifier by({}, {.pcrs = 0x95});
  auto asked = tpm.apply("press-7");
  asked.endorsement_cert = to_buffer(as_bytes("a certificate"));
  const auto application_read = read_application(to_json(asked));
  ASSERT_TRUE(application_read);
  EXPECT_EQ(application_read->endorsement_key, asked.endorsement_key);
  EXPECT_EQ(application_read->endorsement_cert, asked.endorsement_cert);
  EXPECT_EQ(application_read->attestation_key, asked.attestation_key);
  EXPECT_EQ(application_read->known_fingerprint, "") << "that is the registry's to say";

  const auto given = by.begin(asked, now);
  ASSERT_TRUE(given);
  const auto challenge_read = read_challenge(to_json(*given));
  ASSERT_TRUE(challenge_read);
  EXPECT_EQ(challenge_read->pcrs, given->pcrs);

  const enrolment_wish wish{
      .evidence = tpm.answer(*challenge_read, "press-7"), .request = to_buffer(as_bytes("a request")), .as_node = true};
  const auto read = read_wish(to_json(wish));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->as_node);
  EXPECT_EQ(read->request, wish.request);
  EXPECT_TRUE(by.finish(read->evidence, tpm.device.as_read().key, now));
}

TEST(attestation_exchange, refuses_what_is_missing_or_misspelt) {
  EXPECT_FALSE(read_application(""));
  EXPECT_FALSE(read_application("[]"));
  EXPECT_FALSE(read_application(R"({"name":"press-7","endorsement_key":"AA==","attestation_key":7})"));
  EXPECT_FALSE(read_application(R"({"name":"press-7","endorsement_key":"A","attestation_key":"AA=="})"));
  EXPECT_TRUE(read_application(R"({"name":"press-7","endorsement_key":"AA==","attestation_key":"AA=="})"));
  const std::string good = to_json(enrolment_wish{});
  ASSERT_TRUE(read_wish(good));
  auto other = good;
  other.replace(other.find("device\""), 6, "robot?");
  EXPECT_FALSE(read_wish(other));
}

}  // namespace
}  // namespace perigee::control::attestation
