// Any bytes as a chain that somebody shows: parsed or refused. Its last certificate is trusted, so that good ones
// verify. And its first as the leaf of an honest authority, so that what comes after the signature is reached too.

#include "base/check.hpp"
#include "identity/forgery_test.hpp"
#include "identity/names.hpp"
#include "identity/refusal.hpp"

namespace {

using namespace perigee;
using namespace perigee::identity;

constexpr auto nothing_is_revoked = [](std::string_view, std::string_view) { return false; };

void verify(std::span<const certificate> shown, const certificate& root, timestamp at) {
  for (const auto wanted : {purpose::client, purpose::server}) {
    const auto found = verify_chain(shown, std::span(&root, 1), wanted, at, nothing_is_revoked);
    PG_CHECK(found || reason_of(found.error()), "what is not good has its reason");
    if (!found) continue;
    PG_CHECK(is_name(found->name), "who is let in has a plain name");
    PG_CHECK(found->gateway.empty() || is_below(found->name, found->gateway), "a gateway stays within its names");
  }
}

/// What the certificate says, said by this authority.
std::optional<certificate> signed_by(const authority& by, const certificate& draft) {
  const crypto::certificate_ptr copy(X509_dup(draft.native()));
  const crypto::octets_ptr key_id(ASN1_OCTET_STRING_dup(X509_get0_subject_key_id(by.own().native())));
  const std::unique_ptr<AUTHORITY_KEYID, crypto::freed_by<AUTHORITY_KEYID_free>> above(AUTHORITY_KEYID_new());
  above->keyid = ASN1_OCTET_STRING_dup(key_id.get());
  X509_set_issuer_name(copy.get(), X509_get_subject_name(by.own().native()));
  X509_add1_ext_i2d(copy.get(), NID_authority_key_identifier, above.get(), 0, X509V3_ADD_REPLACE);
  X509_sign(copy.get(), by.key().native(), EVP_sha256());
  auto made = certificate::parse(crypto::der_of(i2d_X509, copy.get()));
  return made ? std::optional(*std::move(made)) : std::nullopt;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const test_site site;
  const auto chain = parse_chain({data, size});
  if (!chain) {
    PG_CHECK(reason_of(chain.error()), "what does not parse has its reason");
    return 0;
  }
  const auto& leaf = chain->front();
  PG_CHECK(certificate::parse(leaf.to_der()) == leaf, "what was parsed parses again");
  const auto at = leaf.facts().not_before;
  verify(*chain, chain->back(), at);
  for (const auto* by : {&site.issuing, &site.gateway}) {
    if (const auto made = signed_by(*by, leaf)) verify(test_site::shown(*made, *by), site.root.own(), test_now);
  }
  return 0;
}
