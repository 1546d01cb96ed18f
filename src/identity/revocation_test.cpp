// What outsiders are told of revocations: lists and OCSP answers, read back as they would read them.

#include <gtest/gtest.h>
#include <openssl/ocsp.h>

#include "base/identity_limits.hpp"
#include "identity/forgery_test.hpp"
#include "identity/ocsp.hpp"
#include "identity/refusal.hpp"
#include "identity/revocation_list.hpp"

namespace perigee::identity {
namespace {

using std::chrono::hours;

using list_ptr = std::unique_ptr<X509_CRL, crypto::freed_by<X509_CRL_free>>;
using request_ptr = std::unique_ptr<OCSP_REQUEST, crypto::freed_by<OCSP_REQUEST_free>>;
using response_ptr = std::unique_ptr<OCSP_RESPONSE, crypto::freed_by<OCSP_RESPONSE_free>>;
using basic_ptr = std::unique_ptr<OCSP_BASICRESP, crypto::freed_by<OCSP_BASICRESP_free>>;

class revocations : public testing::Test {
 protected:
  [[nodiscard]] certificate device(const std::string& name) const {
    return site_.issuing.issue(new_key().public_half(), {.name = name}, test_now).value();
  }
  static list_ptr parse_list(const byte_buffer& der) {
    const auto* at = der.data();
    return list_ptr(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
  }
  static long reason_in(const X509_REVOKED* entry) {
    const std::unique_ptr<ASN1_ENUMERATED, crypto::freed_by<ASN1_ENUMERATED_free>> reason(
        static_cast<ASN1_ENUMERATED*>(X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, nullptr, nullptr)));
    return reason ? ASN1_ENUMERATED_get(reason.get()) : -1;
  }

  const test_site site_;
  const list_terms list_terms_{.number = 7, .this_update = test_now, .next_update = test_now + hours(24)};
};

TEST_F(revocations, are_listed_with_their_reasons) {
  const auto lost = device("lost");
  const auto gone = device("gone");
  const auto good = device("good");
  const auto der = make_revocation_list(
      site_.issuing,
      std::vector<revocation>{{lost.facts().serial, test_now - hours(3), revocation_reason::key_compromise},
                              {gone.facts().serial, test_now - hours(2)}},
      list_terms_);
  ASSERT_TRUE(der) << der.error().text();
  const auto list = parse_list(*der);
  ASSERT_TRUE(list);
  EXPECT_EQ(X509_CRL_verify(list.get(), site_.issuing.own().key().native()), 1);
  EXPECT_EQ(X509_CRL_get_version(list.get()), X509_CRL_VERSION_2);
  const crypto::integer_ptr number(
      static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(list.get(), NID_crl_number, nullptr, nullptr)));
  EXPECT_EQ(ASN1_INTEGER_get(number.get()), 7);
  EXPECT_EQ(ASN1_TIME_cmp_time_t(X509_CRL_get0_nextUpdate(list.get()), 1'800'000'000 + 86'400), 0);
  X509_REVOKED* entry = nullptr;
  ASSERT_EQ(X509_CRL_get0_by_cert(list.get(), &entry, lost.native()), 1);
  EXPECT_EQ(reason_in(entry), 1);
  EXPECT_EQ(ASN1_TIME_cmp_time_t(X509_REVOKED_get0_revocationDate(entry), 1'800'000'000 - 3 * 3600), 0);
  ASSERT_EQ(X509_CRL_get0_by_cert(list.get(), &entry, gone.native()), 1);
  EXPECT_EQ(reason_in(entry), -1) << "unspecified is left out";
  EXPECT_EQ(X509_CRL_get0_by_cert(list.get(), &entry, good.native()), 0);
}

TEST_F(revocations, are_read_as_they_were_written) {
  const auto lost = device("lost");
  const std::vector<revocation> all{{lost.facts().serial, test_now - hours(3), revocation_reason::key_compromise},
                                    {"7f", test_now - hours(2)}};
  const auto der = make_revocation_list(site_.issuing, all, list_terms_).value();
  EXPECT_EQ(issuer_of_list(der).value(), site_.issuing.own().facts().subject_key_id);
  const auto list = read_revocation_list(der, site_.issuing.own());
  ASSERT_TRUE(list) << list.error().text();
  EXPECT_EQ(list->issuer, site_.issuing.own().facts().subject_key_id);
  EXPECT_EQ(list->terms.number, 7U);
  EXPECT_EQ(list->terms.this_update, test_now);
  EXPECT_EQ(list->terms.next_update, test_now + hours(24));
  ASSERT_EQ(list->all.size(), 2U);
  const auto found = std::ranges::find(list->all, lost.facts().serial, &revocation::serial);
  ASSERT_NE(found, list->all.end());
  EXPECT_EQ(found->at, test_now - hours(3));
  EXPECT_EQ(found->reason, revocation_reason::key_compromise);
}

TEST_F(revocations, of_others_are_refused_with_the_reason) {
  const auto der = make_revocation_list(site_.issuing, {}, list_terms_).value();
  const test_site other;
  const auto why = [](const auto& read) { return reason_of(read.error()); };
  EXPECT_EQ(why(read_revocation_list(der, other.issuing.own())), refusal::bad_signature);
  EXPECT_EQ(why(read_revocation_list(der, device("press-1"))), refusal::not_an_authority);
  auto cut = der;
  cut.pop_back();
  EXPECT_EQ(why(read_revocation_list(cut, site_.issuing.own())), refusal::malformed);
  auto longer = der;
  longer.push_back(0);
  EXPECT_EQ(why(read_revocation_list(longer, site_.issuing.own())), refusal::malformed);
  auto flipped = der;
  flipped[flipped.size() / 2] ^= 1;
  EXPECT_FALSE(read_revocation_list(flipped, site_.issuing.own()));
  EXPECT_EQ(why(issuer_of_list({})), refusal::malformed);
  const byte_buffer large(limits::identity_list_bytes_max + 1);
  EXPECT_EQ(why(issuer_of_list(large)), refusal::too_large);
}

TEST_F(revocations, have_an_empty_list_too) {
  const auto list = parse_list(make_revocation_list(site_.issuing, {}, list_terms_).value());
  ASSERT_TRUE(list);
  EXPECT_EQ(X509_CRL_verify(list.get(), site_.issuing.own().key().native()), 1);
}

TEST_F(revocations, are_refused_where_they_name_nothing) {
  for (const auto* bad : {"", "xyz", "-1", "0x12", "12 "}) {
    const std::vector<revocation> all{{bad, test_now}};
    EXPECT_TRUE(is(make_revocation_list(site_.issuing, all, list_terms_).error(), errc::malformed)) << bad;
  }
  const std::vector<revocation> many(limits::identity_revoked_max + 1);
  EXPECT_TRUE(is(make_revocation_list(site_.issuing, many, list_terms_).error(), errc::too_large));
}

class ocsp_answers : public revocations {
 protected:
  static byte_buffer request_for(const std::vector<certificate>& all, const authority& of, int nonce_bytes = 0,
                                 const EVP_MD* digest = EVP_sha1()) {
    const request_ptr out(OCSP_REQUEST_new());
    for (const auto& each : all) {
      OCSP_request_add0_id(out.get(), OCSP_cert_to_id(digest, each.native(), of.own().native()));
    }
    std::string nonce(static_cast<std::size_t>(std::max(nonce_bytes, 0)), 'n');
    if (nonce_bytes > 0) {
      OCSP_request_add1_nonce(out.get(), reinterpret_cast<unsigned char*>(nonce.data()), nonce_bytes);
    }
    return crypto::der_of(i2d_OCSP_REQUEST, out.get());
  }
  [[nodiscard]] response_ptr ask(const byte_buffer& request) const {
    const auto look_up = [&](std::string_view serial) -> certificate_status {
      using state = certificate_status::state;
      if (serial == lost_.facts().serial) {
        return {state::revoked, test_now - hours(3), revocation_reason::key_compromise};
      }
      return {serial == good_.facts().serial ? state::good : state::unknown};
    };
    return parse(answer_ocsp(site_.issuing, request, look_up, terms_).value());
  }
  static response_ptr parse(const byte_buffer& der) {
    const auto* at = der.data();
    return response_ptr(d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size())));
  }
  /// The status of one certificate in an answer whose signature is checked as a client does it.
  int status_in(const response_ptr& response, const certificate& of, int* why = nullptr) const {
    const basic_ptr basic(OCSP_response_get1_basic(response.get()));
    const std::unique_ptr<X509_STORE, crypto::freed_by<X509_STORE_free>> store(X509_STORE_new());
    X509_STORE_add_cert(store.get(), site_.root.own().native());
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store.get()), 1'800'000'000);
    const crypto::certificates_ptr more(sk_X509_new_null());
    X509_up_ref(site_.issuing.own().native());
    sk_X509_push(more.get(), site_.issuing.own().native());
    EXPECT_EQ(OCSP_basic_verify(basic.get(), more.get(), store.get(), 0), 1);
    const std::unique_ptr<OCSP_CERTID, crypto::freed_by<OCSP_CERTID_free>> id(
        OCSP_cert_to_id(EVP_sha1(), of.native(), site_.issuing.own().native()));
    int status = -1;
    int reason = -1;
    EXPECT_EQ(OCSP_resp_find_status(basic.get(), id.get(), &status, &reason, nullptr, nullptr, nullptr), 1);
    if (why != nullptr) *why = reason;
    return status;
  }

  const certificate good_ = device("good");
  const certificate lost_ = device("lost");
  const answer_terms terms_{test_now, test_now + hours(1)};
};

TEST_F(ocsp_answers, say_good_revoked_and_unknown) {
  const auto stranger = device("stranger");
  const auto response = ask(request_for({good_, lost_, stranger}, site_.issuing));
  ASSERT_EQ(OCSP_response_status(response.get()), OCSP_RESPONSE_STATUS_SUCCESSFUL);
  EXPECT_EQ(status_in(response, good_), V_OCSP_CERTSTATUS_GOOD);
  int why = -1;
  EXPECT_EQ(status_in(response, lost_, &why), V_OCSP_CERTSTATUS_REVOKED);
  EXPECT_EQ(why, OCSP_REVOKED_STATUS_KEYCOMPROMISE);
  EXPECT_EQ(status_in(response, stranger), V_OCSP_CERTSTATUS_UNKNOWN);
}

TEST_F(ocsp_answers, know_nothing_of_another_authoritys_certificates) {
  const test_site other("plant");
  const auto request = request_for({good_}, other.issuing);  // the same serial, and the name of the issuer
  const basic_ptr basic(OCSP_response_get1_basic(ask(request).get()));
  const auto* one = OCSP_resp_get0(basic.get(), 0);
  EXPECT_EQ(OCSP_single_get0_status(const_cast<OCSP_SINGLERESP*>(one), nullptr, nullptr, nullptr, nullptr),
            V_OCSP_CERTSTATUS_UNKNOWN);
}

TEST_F(ocsp_answers, take_any_digest_of_who_is_meant) {
  const basic_ptr basic(OCSP_response_get1_basic(ask(request_for({good_}, site_.issuing, 0, EVP_sha256())).get()));
  EXPECT_EQ(OCSP_single_get0_status(OCSP_resp_get0(basic.get(), 0), nullptr, nullptr, nullptr, nullptr),
            V_OCSP_CERTSTATUS_GOOD);
}

TEST_F(ocsp_answers, give_a_nonce_back) {
  const auto nonce_of = [&](int bytes) {
    const auto response = ask(request_for({good_}, site_.issuing, bytes));
    if (OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL) return -1;
    const basic_ptr basic(OCSP_response_get1_basic(response.get()));
    const int at = OCSP_BASICRESP_get_ext_by_NID(basic.get(), NID_id_pkix_OCSP_Nonce, -1);
    if (at < 0) return 0;
    return ASN1_STRING_length(X509_EXTENSION_get_data(OCSP_BASICRESP_get_ext(basic.get(), at))) - 2;
  };
  EXPECT_EQ(nonce_of(0), 0);
  EXPECT_EQ(nonce_of(1), 1);
  EXPECT_EQ(nonce_of(32), 32);
  EXPECT_EQ(nonce_of(33), 0) << "answered without it";
  EXPECT_EQ(nonce_of(128), 0);
  EXPECT_EQ(nonce_of(129), -1) << "RFC 9654 2.1: malformed";
}

TEST_F(ocsp_answers, refuse_what_is_no_request) {
  const auto request = request_for({good_}, site_.issuing, 16);
  std::vector<byte_buffer> bad{{}, {0x30}, byte_buffer(limits::identity_ocsp_request_bytes_max + 1, 0)};
  bad.push_back(request_for({}, site_.issuing));
  bad.push_back(
      request_for(std::vector<certificate>(limits::identity_ocsp_certificates_max + 1, good_), site_.issuing));
  bad.push_back(request);
  bad.back().push_back(0);
  for (std::ptrdiff_t n = 0; n < std::ssize(request); ++n) bad.emplace_back(request.begin(), request.begin() + n);
  for (const auto& each : bad) {
    EXPECT_EQ(OCSP_response_status(ask(each).get()), OCSP_RESPONSE_STATUS_MALFORMEDREQUEST);
  }
}

TEST_F(ocsp_answers, are_stapled) {
  const certificate_status status{certificate_status::state::good};
  const auto response = parse(staple_for(good_, site_.issuing, status, terms_).value());
  EXPECT_EQ(status_in(response, good_), V_OCSP_CERTSTATUS_GOOD);
  EXPECT_TRUE(is(staple_for(good_, site_.root, status, terms_).error(), errc::not_found));
}

}  // namespace
}  // namespace perigee::identity
