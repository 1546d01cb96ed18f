// The same files before the openssl command: it reads what is made here, and never takes what is refused by RFC 5280.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <format>
#include <fstream>

#include "identity/certificate_request.hpp"
#include "identity/forgery_test.hpp"
#include "identity/ocsp.hpp"
#include "identity/revocation_list.hpp"

namespace perigee::identity {
namespace {

class openssl_command : public testing::Test {
 protected:
  openssl_command() { folder_ = ::mkdtemp(folder_.data()); }
  ~openssl_command() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string write(const std::string& name, byte_view bytes) const {
    const auto path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
    return path;
  }
  [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
    return write(name, as_bytes(text));
  }
  /// Whether it succeeds, and what it said.
  [[nodiscard]] std::pair<bool, std::string> run(const std::string& arguments) const {
    const auto said = folder_ + "/said";
    const int status = std::system(std::format("openssl {} >{} 2>&1", arguments, said).c_str());
    std::ifstream in(said);
    return {status == 0, std::string(std::istreambuf_iterator<char>(in), {})};
  }
  [[nodiscard]] std::pair<bool, std::string> verify(const std::vector<certificate>& shown,
                                                    const char* purpose = "sslclient") const {
    const auto root = write("root.crt", site_.root.own().to_pem());
    const auto chain = write("chain.crt", to_pem(shown));
    const auto leaf = write("leaf.crt", shown.front().to_pem());
    return run(std::format("verify -x509_strict -auth_level 2 -purpose {} -attime {} -CAfile {} -untrusted {} {}",
                           purpose, test_now.ns / 1'000'000'000, root, chain, leaf));
  }
  [[nodiscard]] bool is_taken_here(const std::vector<certificate>& shown) const {
    return verify_chain(shown, std::span(&site_.root.own(), 1), purpose::client, test_now,
                        [](auto, auto) { return false; })
        .has_value();
  }

  std::string folder_ = "/tmp/perigee-identity-XXXXXX";
  const test_site site_;
};

TEST_F(openssl_command, takes_every_profile) {
  const auto node = site_.issuing.issue(
      new_key().public_half(),
      {.as = profile::node, .name = "fog-1", .dns_names = {"localhost"}, .addresses = {"127.0.0.1", "::1"}}, test_now);
  const auto shown = test_site::shown(*node, site_.issuing);
  for (const auto* purpose : {"sslclient", "sslserver"}) {
    const auto [good, said] = verify(shown, purpose);
    EXPECT_TRUE(good) << said;
  }
  for (const auto& device : {site_.device("press-7", site_.issuing), site_.device("press-7.fog-1", site_.gateway)}) {
    const auto [good, said] = verify(device);
    EXPECT_TRUE(good) << said;
    EXPECT_TRUE(is_taken_here(device));
    EXPECT_FALSE(verify(device, "sslserver").first);
  }
}

TEST_F(openssl_command, refuses_nothing_that_is_taken_here) {
  const auto leaf = honest_leaf("press-7.fog-1");
  auto late = leaf;
  late.to = test_now - std::chrono::seconds(1);
  auto early = leaf;
  early.from = test_now + std::chrono::seconds(1);
  auto critical = leaf;
  critical.extensions.emplace_back(NID_undef, "critical");
  auto weak = leaf;
  weak.digest = EVP_sha1();
  const std::vector<std::pair<const char*, forgery>> bad{
      {"expired", late},
      {"not yet valid", early},
      {"unknown critical extension", critical},
      {"SHA-1", weak},
      {"another name", honest_leaf("press-7")},
      {"another gateway", honest_leaf("press-7.fog-2")},
      {"an address below a gateway", with(leaf, NID_subject_alt_name, "DNS:press-7.fog-1,IP:10.0.0.1")},
      {"a mail address below a gateway", with(leaf, NID_subject_alt_name, "DNS:press-7.fog-1,email:admin@plant")},
      {"a URI below a gateway", with(leaf, NID_subject_alt_name, "DNS:press-7.fog-1,URI:https://plant/admin")},
      {"for servers", with(leaf, NID_ext_key_usage, "serverAuth")},
      {"for data", with(leaf, NID_key_usage, "critical,dataEncipherment")},
  };
  for (const auto& [what, draft] : bad) {
    const auto shown = test_site::shown(forge(draft, site_.gateway), site_.gateway);
    const auto [good, said] = verify(shown);
    EXPECT_FALSE(good) << what;
    EXPECT_FALSE(is_taken_here(shown)) << what << ": " << said;
  }
  const auto strangers = test_site("other");
  EXPECT_FALSE(verify(strangers.device("press-7", strangers.issuing)).first);
}

TEST_F(openssl_command, reads_keys_and_requests) {
  const auto key = new_key(key_kind::p384);
  const auto path = write("own.key", key.to_pem("open sesame").value());
  EXPECT_TRUE(run(std::format("pkey -in {} -passin pass:'open sesame' -noout", path)).first);
  EXPECT_FALSE(run(std::format("pkey -in {} -passin pass:wrong -noout", path)).first);
  const auto pem =
      certificate_request::make(key, {.name = "press-7", .dns_names = {"press-7"}, .challenge_password = "x"});
  const auto [good, said] = run(std::format("req -in {} -verify -noout -text", write("own.csr", *pem)));
  EXPECT_TRUE(good) << said;
  for (const auto* part : {"self-signature verify OK", "CN=press-7", "DNS:press-7", "challengePassword"}) {
    EXPECT_TRUE(said.contains(part)) << part << " in " << said;
  }
}

TEST_F(openssl_command, makes_keys_and_requests_that_are_read_here) {
  for (const auto* kind : {"ec -pkeyopt ec_paramgen_curve:P-256", "rsa:2048", "ed25519"}) {
    const auto csr = folder_ + "/theirs.csr";
    const auto [good, said] = run(std::format(
        "req -new -newkey {} -nodes -keyout {}/theirs.key -subj /CN=press-7 -addext subjectAltName=DNS:press-7 -out {}",
        kind, folder_, csr));
    ASSERT_TRUE(good) << said;
    const auto read_file = [](const std::string& path) {
      std::ifstream in(path, std::ios::binary);
      return std::string(std::istreambuf_iterator<char>(in), {});
    };
    const auto request = certificate_request::parse(as_bytes(read_file(csr)));
    ASSERT_TRUE(request) << kind << request.error().text();
    const auto key = private_key::from_pem(read_file(folder_ + "/theirs.key"));
    ASSERT_TRUE(key) << kind << key.error().text();
    EXPECT_EQ(request->key(), key->public_half());
    EXPECT_EQ(request->asks().name, "press-7");
  }
}

TEST_F(openssl_command, reads_revocations) {
  const auto lost = site_.device("lost", site_.issuing);
  const std::vector<revocation> all{{lost[0].facts().serial, test_now, revocation_reason::key_compromise}};
  const list_terms terms{.number = 3, .this_update = test_now, .next_update = test_now + std::chrono::hours(1)};
  const auto list = write("list.crl", make_revocation_list(site_.issuing, all, terms).value());
  const auto issuer = write("issuing.crt", site_.issuing.own().to_pem());
  const auto [good, said] = run(std::format("crl -inform DER -in {} -CAfile {} -noout -text", list, issuer));
  EXPECT_TRUE(good && said.contains("verify OK") && said.contains("Key Compromise")) << said;

  const auto request = folder_ + "/request.der";
  const auto certificate_file = write("lost.crt", lost[0].to_pem());
  EXPECT_TRUE(run(std::format("ocsp -issuer {} -cert {} -reqout {}", issuer, certificate_file, request)).first);
  std::ifstream in(request, std::ios::binary);
  const std::string asked(std::istreambuf_iterator<char>(in), {});
  const auto revoked = [](std::string_view) -> certificate_status {
    return {certificate_status::state::revoked, test_now, revocation_reason::key_compromise};
  };
  const auto answer =
      write("answer.der",
            answer_ocsp(site_.issuing, as_bytes(asked), revoked, {terms.this_update, terms.next_update}).value());
  const auto root = write("root.crt", site_.root.own().to_pem());
  const auto [checked, answered] =
      run(std::format("ocsp -no_nonce -respin {} -reqin {} -issuer {} -cert {} -CAfile {} -verify_other {} -attime {}",
                      answer, request, issuer, certificate_file, root, issuer, test_now.ns / 1'000'000'000));
  EXPECT_TRUE(checked && answered.contains("Response verify OK") && answered.contains("revoked") &&
              answered.contains("keyCompromise"))
      << answered;
}

}  // namespace
}  // namespace perigee::identity
