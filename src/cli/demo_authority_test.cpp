#include "cli/demo_authority.hpp"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace perigee::cli {
namespace {

constexpr timestamp now{1'800'000'000'000'000'000};

using x509_ptr = std::unique_ptr<X509, decltype([](X509* p) { X509_free(p); })>;

x509_ptr parse(const std::string& pem) {
  const std::unique_ptr<BIO, decltype([](BIO* p) { BIO_free_all(p); })> from(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return x509_ptr(PEM_read_bio_X509(from.get(), nullptr, nullptr, nullptr));
}

/// 0, or OpenSSL's reason, for a chain of one at a time.
int verify(const std::string& authority, const std::string& certificate, timestamp at, int purpose) {
  const auto root = parse(authority);
  const auto leaf = parse(certificate);
  const std::unique_ptr<X509_STORE, decltype([](X509_STORE* p) { X509_STORE_free(p); })> store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), root.get());
  const std::unique_ptr<X509_STORE_CTX, decltype([](X509_STORE_CTX* p) { X509_STORE_CTX_free(p); })> context(
      X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr);
  X509_STORE_CTX_set_time(context.get(), 0, static_cast<std::time_t>(at.ns / 1'000'000'000));
  X509_STORE_CTX_set_purpose(context.get(), purpose);
  return X509_verify_cert(context.get()) == 1 ? 0 : X509_STORE_CTX_get_error(context.get());
}

TEST(demo_authority, its_certificates_are_good_for_both_ends) {
  const auto authority = demo_authority::make(now, std::chrono::days(30));
  ASSERT_TRUE(authority);
  const auto issued = authority->issue("edge-1");
  ASSERT_TRUE(issued);
  const auto root = authority->certificate().value();
  EXPECT_EQ(verify(root, issued->certificate, now, X509_PURPOSE_SSL_SERVER), 0);
  EXPECT_EQ(verify(root, issued->certificate, now, X509_PURPOSE_SSL_CLIENT), 0);
  EXPECT_EQ(verify(root, issued->certificate, now + std::chrono::days(31), X509_PURPOSE_SSL_CLIENT),
            X509_V_ERR_CERT_HAS_EXPIRED);
  const auto leaf = parse(issued->certificate);
  EXPECT_EQ(X509_check_host(leaf.get(), "localhost", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_ip_asc(leaf.get(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_host(leaf.get(), "elsewhere", 0, 0, nullptr), 0);
  EXPECT_TRUE(issued->key.contains("PRIVATE KEY"));
}

TEST(demo_authority, another_demo_is_not_trusted) {
  const auto mine = demo_authority::make(now, std::chrono::days(30));
  const auto other = demo_authority::make(now, std::chrono::days(30));
  EXPECT_NE(verify(mine->certificate().value(), other->issue("edge-1")->certificate, now, X509_PURPOSE_SSL_CLIENT), 0);
}

TEST(demo_authority, facts_are_read_back) {
  const auto authority = demo_authority::make(now, std::chrono::days(30));
  const auto facts = read_certificate(authority->issue("fog")->certificate);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->common_name, "fog");
  EXPECT_EQ(facts->ends, now + std::chrono::days(30));
  EXPECT_FALSE(read_certificate("nothing"));
  EXPECT_FALSE(read_certificate(""));
}

}  // namespace
}  // namespace perigee::cli
