#include "identity/verify.hpp"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/identity_limits.hpp"
#include "crypto/openssl.hpp"
#include "identity/detail/algorithms.hpp"
#include "identity/names.hpp"
#include "identity/refusal.hpp"

namespace perigee::identity {
namespace {

using store_ptr = std::unique_ptr<X509_STORE, crypto::freed_by<X509_STORE_free>>;
using store_context_ptr = std::unique_ptr<X509_STORE_CTX, crypto::freed_by<X509_STORE_CTX_free>>;
/// A stack of certificates that others own.
using borrowed_ptr = std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * all) { sk_X509_free(all); })>;

constexpr int security_level = 2;  // of OpenSSL: 112 bits, which SHA-1 and RSA under 2048 have not
constexpr int between_leaf_and_root_max = static_cast<int>(limits::identity_chain_certificates_max) - 2;

/// The reason for an error of OpenSSL's. docs/identity.md has the same table for a person.
refusal reason_for(int openssl_error) {
  static constexpr std::array<std::pair<int, refusal>, 26> table{{
      {X509_V_ERR_CERT_HAS_EXPIRED, refusal::expired},
      {X509_V_ERR_CERT_NOT_YET_VALID, refusal::not_yet_valid},
      {X509_V_ERR_CERT_SIGNATURE_FAILURE, refusal::bad_signature},
      {X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH, refusal::bad_signature},
      {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, refusal::unknown_authority},
      {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, refusal::unknown_authority},
      {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, refusal::unknown_authority},
      {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, refusal::unknown_authority},
      {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, refusal::unknown_authority},
      {X509_V_ERR_CERT_UNTRUSTED, refusal::unknown_authority},
      {X509_V_ERR_INVALID_CA, refusal::not_an_authority},
      {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, refusal::not_an_authority},
      {X509_V_ERR_CA_CERT_MISSING_KEY_USAGE, refusal::not_an_authority},
      {X509_V_ERR_PATH_LENGTH_EXCEEDED, refusal::path_too_long},
      {X509_V_ERR_CERT_CHAIN_TOO_LONG, refusal::chain_too_long},
      {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, refusal::unknown_critical_extension},
      {X509_V_ERR_INVALID_PURPOSE, refusal::wrong_purpose},
      {X509_V_ERR_PERMITTED_VIOLATION, refusal::outside_constraint},
      {X509_V_ERR_EXCLUDED_VIOLATION, refusal::outside_constraint},
      {X509_V_ERR_SUBTREE_MINMAX, refusal::outside_constraint},
      {X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, refusal::outside_constraint},
      {X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX, refusal::outside_constraint},
      {X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, refusal::outside_constraint},
      {X509_V_ERR_EE_KEY_TOO_SMALL, refusal::weak_key},
      {X509_V_ERR_CA_KEY_TOO_SMALL, refusal::weak_key},
      {X509_V_ERR_CA_MD_TOO_WEAK, refusal::weak_signature},
  }};
  const auto* const found = std::ranges::find(table, openssl_error, &std::pair<int, refusal>::first);
  return found != table.end() ? found->second : refusal::not_conforming;
}

/// What a path is looked for: a leaf's use, or nothing but that it holds.
enum class sought { client, server, authority };

/// What can be said without any signature: it bounds the work of what follows.
result<> check_shown(std::span<const certificate> shown, sought what) {
  static_assert(limits::identity_chain_certificates_max * limits::identity_certificate_bytes_max <=
                    limits::identity_chain_bytes_max,
                "a chain that has not too many certificates has not too many bytes");
  if (shown.empty()) return refuse(refusal::malformed);
  if (shown.size() > limits::identity_chain_certificates_max) return refuse(refusal::chain_too_long);
  const bool is_authority = shown.front().facts().is_authority;
  if (is_authority && what != sought::authority) return refuse(refusal::leaf_is_authority);
  if (!is_authority && what == sought::authority) return refuse(refusal::not_an_authority);
  for (const auto& above : shown.subspan(1)) {
    if (!above.facts().is_authority) return refuse(refusal::not_an_authority);
  }
  // Only DNS names below a gateway. OpenSSL 3.5 would compare a URI up to a NUL in it, and leaks one without a host.
  if (std::ranges::any_of(shown, [](const auto& c) { return c.facts().is_constrained; }) &&
      std::ranges::any_of(shown, [](const auto& c) { return c.facts().other_alternative_names; })) {
    return refuse(refusal::outside_constraint);
  }
  for (const auto& each : shown) {
    PG_TRY_VOID(detail::check_key(each.key().native()));
    PG_TRY_VOID(detail::check_signature_algorithm(X509_get_signature_nid(each.native())));
  }
  return {};
}

borrowed_ptr stack_of(std::span<const certificate> all) {
  borrowed_ptr out(sk_X509_new_null());
  for (const auto& each : all) sk_X509_push(out.get(), each.native());
  return out;
}

void set_terms(X509_STORE_CTX* context, sought what, timestamp at) {
  auto* const terms = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_flags(terms, X509_V_FLAG_X509_STRICT);
  X509_VERIFY_PARAM_set_depth(terms, between_leaf_and_root_max);
  X509_VERIFY_PARAM_set_auth_level(terms, security_level);
  X509_VERIFY_PARAM_set_time(terms, static_cast<std::time_t>(at.ns / 1'000'000'000));
  switch (what) {
    case sought::client: X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_CLIENT); return;
    case sought::server: X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER); return;
    case sought::authority: X509_STORE_CTX_set_purpose(context, X509_PURPOSE_CRL_SIGN); return;
  }
}

/// The path from the leaf to a root, both included, as RFC 5280 6.1 has it checked.
result<std::vector<certificate>> path_to_root(std::span<const certificate> shown, std::span<const certificate> roots,
                                              sought what, timestamp at) {
  const store_ptr store(X509_STORE_new());
  const store_context_ptr context(X509_STORE_CTX_new());
  const auto trusted = stack_of(roots);
  const auto between = stack_of(shown.subspan(1));
  if (!context || X509_STORE_CTX_init(context.get(), store.get(), shown.front().native(), between.get()) != 1) {
    return fail(errc::io, "OpenSSL could not begin to verify");
  }
  X509_STORE_CTX_set0_trusted_stack(context.get(), trusted.get());
  set_terms(context.get(), what, at);
  if (X509_verify_cert(context.get()) != 1) return refuse(reason_for(X509_STORE_CTX_get_error(context.get())));
  std::vector<certificate> out;
  const auto* const path = X509_STORE_CTX_get0_chain(context.get());
  for (int i = 0; i < sk_X509_num(path); ++i) {
    PG_TRY(auto each, certificate::parse_der(crypto::der_of(i2d_X509, sk_X509_value(path, i))));
    out.push_back(std::move(each));
  }
  if (out.size() < 2) return refuse(refusal::unknown_authority);  // a root of the caller's that is a leaf
  return out;
}

/// Who the leaf says it is, where it says that once and everywhere the same.
result<> check_name(const certificate_facts& leaf) {
  if (!is_name(leaf.common_name)) return refuse(refusal::bad_name);
  if (!std::ranges::contains(leaf.dns_names, leaf.common_name)) return refuse(refusal::name_mismatch);
  return {};
}

/// The gateway whose authority issued the leaf; empty where none is constrained. OpenSSL has checked the DNS names, in
/// any case of their letters; what policies go by is the common name as it is spelt.
result<std::string> gateway_above(std::span<const certificate> path) {
  std::string gateway;
  for (const auto& above : path.subspan(1)) {
    const auto& facts = above.facts();
    if (!facts.is_constrained) continue;
    if (facts.permitted_names.size() != 1 || !gateway.empty()) return refuse(refusal::not_conforming);
    gateway = facts.permitted_names.front();
  }
  if (!gateway.empty() && !is_below(path.front().facts().common_name, gateway)) {
    return refuse(refusal::outside_constraint);
  }
  return gateway;
}

result<> check_revocation(std::span<const certificate> path, is_revoked revoked) {
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    if (revoked(path[i + 1].key().key_id(), path[i].facts().serial)) {
      return refuse(i == 0 ? refusal::revoked : refusal::authority_revoked);
    }
  }
  return {};
}

}  // namespace

result<verified_identity> verify_chain(std::span<const certificate> shown, std::span<const certificate> roots,
                                       purpose wanted, timestamp at, is_revoked revoked) {
  const crypto::error_queue_scope quiet;
  if (roots.size() > limits::identity_roots_max) return fail(errc::too_large, "at most 16 roots are trusted at once");
  const auto what = wanted == purpose::client ? sought::client : sought::server;
  PG_TRY_VOID(check_shown(shown, what));
  PG_TRY(const auto path, path_to_root(shown, roots, what, at));
  const auto& leaf = path.front().facts();
  // RFC 5280 4.2.1.12 takes a certificate without purposes for any. Ours have some.
  if (wanted == purpose::client ? !leaf.for_clients : !leaf.for_servers) return refuse(refusal::wrong_purpose);
  PG_TRY_VOID(check_name(leaf));
  PG_TRY(auto gateway, gateway_above(path));
  PG_TRY_VOID(check_revocation(path, revoked));
  return verified_identity{.name = leaf.common_name,
                           .issuer = leaf.issuer,
                           .issuer_key_id = path[1].key().key_id(),
                           .serial = leaf.serial,
                           .chain_length = path.size(),
                           .gateway = std::move(gateway)};
}

result<> verify_authority(std::span<const certificate> shown, std::span<const certificate> roots, timestamp at,
                          is_revoked revoked) {
  const crypto::error_queue_scope quiet;
  PG_TRY_VOID(check_shown(shown, sought::authority));
  PG_TRY(const auto path, path_to_root(shown, roots, sought::authority, at));
  return check_revocation(path, revoked);
}

}  // namespace perigee::identity
