#include "identity/certificate_bundle.hpp"

#include <gtest/gtest.h>

#include "base/identity_limits.hpp"
#include "identity/forgery_test.hpp"
#include "identity/refusal.hpp"

namespace perigee::identity {
namespace {

refusal reason_for(byte_view der) { return reason_of(parse_bundle(der).error()).value(); }

TEST(certificate_bundle, gives_back_what_was_put_in) {
  const test_site site;
  const std::vector<certificate> all{site.issuing.own(), site.root.own()};
  const auto der = make_bundle(all);
  ASSERT_TRUE(der);
  const auto read = parse_bundle(*der);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(*read, all);
}

TEST(certificate_bundle, refuses_what_is_none) {
  const test_site site;
  const auto good = make_bundle(std::vector{site.root.own()}).value();
  EXPECT_EQ(reason_for({}), refusal::malformed);
  EXPECT_EQ(reason_for(as_bytes("nonsense")), refusal::malformed);
  EXPECT_EQ(reason_for(byte_view(good).first(good.size() - 1)), refusal::malformed);
  auto longer = good;
  longer.push_back(0);
  EXPECT_EQ(reason_for(longer), refusal::malformed);
  EXPECT_EQ(reason_for(site.root.own().to_der()), refusal::malformed) << "a certificate alone";
  EXPECT_EQ(reason_for(make_bundle({}).value()), refusal::malformed) << "one without certificates";
  const std::vector many(limits::identity_bundle_certificates_max + 1, site.root.own());
  EXPECT_EQ(reason_for(make_bundle(many).value()), refusal::chain_too_long);
  EXPECT_EQ(reason_for(byte_buffer(limits::identity_pem_bytes_max + 1, 0x30)), refusal::too_large);
}

}  // namespace
}  // namespace perigee::identity
