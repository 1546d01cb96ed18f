#include "control/enrolment/est.hpp"

#include <gtest/gtest.h>

#include "crypto/base64.hpp"
#include "identity/authority.hpp"
#include "identity/refusal.hpp"

namespace perigee::control::enrolment {
namespace {

using identity::certificate_request;

const auto key = identity::private_key::generate(identity::key_kind::p256).value();

/// As `openssl req -outform DER | base64` gives it.
std::string body_for(const std::string& name) {
  return body_of_request(certificate_request::make(key, {.name = name, .dns_names = {name}}).value());
}

TEST(est, reads_a_request_with_line_ends_and_without) {
  const auto body = body_for("press-4");
  ASSERT_TRUE(read_request(body));
  EXPECT_EQ(read_request(body)->asks().name, "press-4");
  std::string other = body;
  std::erase(other, '\n');
  EXPECT_TRUE(read_request(other));
}

TEST(est, refuses_what_is_no_request) {
  const auto good = body_for("press-4");
  for (const std::string& bad : {std::string(), std::string("nonsense!"), good.substr(4), good + "AAAA",
                                 "-----BEGIN CERTIFICATE REQUEST-----\n" + good}) {
    const auto read = read_request(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_TRUE(identity::reason_of(read.error())) << read.error().what;
  }
  EXPECT_EQ(identity::reason_of(read_request(std::string(1U << 20, 'A')).error()), identity::refusal::too_large);
}

TEST(est, hands_certificates_out_and_takes_them) {
  const auto root = identity::authority::make_root("plant", key, timestamp{1'800'000'000'000'000'000}).value();
  const std::vector all{root.own()};
  const auto body = bundle_body(all);
  ASSERT_TRUE(body);
  for (std::size_t at = 0; at < body->size();) {
    const auto end = body->find("\r\n", at);
    ASSERT_LE(end - at, 64U);
    at = end + 2;
  }
  EXPECT_EQ(read_bundle(*body).value(), all);
  EXPECT_FALSE(read_bundle("nonsense"));
}

TEST(est, wishes_for_an_elliptic_curve) {
  // As `openssl asn1parse` reads it: ecdsa-with-SHA256, then id-ecPublicKey with prime256v1.
  EXPECT_EQ(attributes_body(), "MCEGCCqGSM49BAMCMBUGByqGSM49AgExCgYIKoZIzj0DAQc=\r\n");
}

TEST(est, reads_names_and_passwords) {
  const auto read = read_basic("Basic cHJlc3MtNDpwZ3RfYTpi");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->user, "press-4");
  EXPECT_EQ(read->password, "pgt_a:b") << "what follows the first colon";
  EXPECT_TRUE(read_basic("bAsIc cHJlc3MtNDpwZ3RfYTpi"));
  for (const auto* bad : {"", "Basic", "Basic ", "Basic cHJlc3M=", "Bearer cHJlc3MtNDpwZ3RfYTpi", "Basic %"}) {
    EXPECT_FALSE(read_basic(bad)) << bad;
  }
}

}  // namespace
}  // namespace perigee::control::enrolment
