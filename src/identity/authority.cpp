#include "identity/authority.hpp"

#include <algorithm>
#include <format>

#include "base/identity_limits.hpp"
#include "crypto/openssl.hpp"
#include "crypto/x509_fields.hpp"
#include "identity/detail/algorithms.hpp"
#include "identity/detail/certificate_builder.hpp"
#include "identity/names.hpp"
#include "identity/refusal.hpp"

namespace perigee::identity {
namespace {

using detail::extension_texts;

bool is_leaf(profile which) { return !terms_of(which).path_length; }

result<> check_name(const certificate_order& order) {
  switch (order.as) {
    case profile::gateway:
      if (is_gateway_name(order.name)) return {};
      return fail(errc::malformed,
                  "a gateway's name has 1 to 61 letters, digits, hyphens, underscores, and single dots");
    case profile::node:
    case profile::device:
      if (is_name(order.name)) return {};
      return fail(errc::malformed, "a name has 1 to 64 letters, digits, dots, hyphens and underscores");
    case profile::root:
    case profile::issuing: break;
  }
  if (order.name.size() <= limits::identity_name_bytes_max && crypto::checked_name(order.name)) return {};
  return fail(errc::malformed, "an authority's name is a text of 1 to 64 bytes");
}

result<nanoseconds> life_of(const certificate_order& order) {
  const auto& terms = terms_of(order.as);
  const auto life = order.life.value_or(terms.life);
  if (life < terms.life_min || life > terms.life_max) {
    return fail(errc::malformed, "a certificate lives from an hour to ten years, an authority from a day to 30");
  }
  return life;
}

/// What only a leaf has: its names, and what it is for.
result<> add_leaf(extension_texts& to, const certificate_order& order) {
  if (order.as != profile::node && !(order.dns_names.empty() && order.addresses.empty())) {
    return fail(errc::malformed, "only a node has names and addresses beside its name");
  }
  auto names = order.dns_names;
  if (!std::ranges::contains(names, order.name)) names.insert(names.begin(), order.name);
  PG_TRY(auto text, detail::alternative_names_text(order.name, names, order.addresses));
  to.emplace_back(NID_ext_key_usage, terms_of(order.as).purposes);
  to.emplace_back(NID_subject_alt_name, std::move(text));
  return {};
}

/// RFC 5280 4.2.1.10: its own name and what ends in it, and nothing of the other kinds by which somebody could be
/// known: no address at all, and addresses of mail and URIs at the host "invalid" only (RFC 6761 6.4), where nobody is.
std::string constraint_to(const std::string& gateway) {
  return std::format(
      "critical,permitted;DNS:{},permitted;email:invalid,permitted;URI:invalid,excluded;IP:0.0.0.0/0.0.0.0,"
      "excluded;IP:::/::",
      gateway);
}

result<extension_texts> extensions_of(const certificate_order& order) {
  const auto& terms = terms_of(order.as);
  extension_texts out;
  out.emplace_back(NID_basic_constraints, terms.path_length
                                              ? std::format("critical,CA:TRUE,pathlen:{}", *terms.path_length)
                                              : "critical,CA:FALSE");
  out.emplace_back(NID_key_usage, terms.key_usage);
  if (order.as == profile::gateway) out.emplace_back(NID_name_constraints, constraint_to(order.name));
  if (is_leaf(order.as)) PG_TRY_VOID(add_leaf(out, order));
  return out;
}

std::string common_name_of(const certificate_order& order) {
  // With a space in it, which no name of a node or device has.
  return order.as == profile::gateway ? order.name + " CA" : order.name;
}

result<> check_issuer(const certificate_facts& issuer, const certificate_order& order, timestamp now) {
  if (now >= issuer.not_after) return refuse(refusal::expired);
  if (now < issuer.not_before) return refuse(refusal::not_yet_valid);
  const auto below = terms_of(order.as).path_length;
  if (below && issuer.path_length && *issuer.path_length <= *below) return refuse(refusal::path_too_long);
  return {};
}

result<> check_constraint(const std::string& gateway, const certificate_order& order) {
  if (gateway.empty()) return {};
  const auto inside = [&](const std::string& name) { return is_below(name, gateway); };
  if (!inside(order.name) || !std::ranges::all_of(order.dns_names, inside) || !order.addresses.empty()) {
    return refuse(refusal::outside_constraint);
  }
  return {};
}

}  // namespace

result<authority> authority::make_root(const std::string& name, private_key key, timestamp now, nanoseconds life) {
  const certificate_order order{.as = profile::root, .name = name, .life = life};
  PG_TRY_VOID(check_name(order));
  PG_TRY_VOID(life_of(order));
  PG_TRY(auto extensions, extensions_of(order));
  PG_TRY(auto made,
         detail::build({name, now - backdated_by, now + life, std::move(extensions)}, key.public_half(), nullptr, key));
  std::vector<certificate> chain;
  chain.push_back(std::move(made));
  return authority(std::move(chain), std::move(key));
}

result<authority> authority::open(std::vector<certificate> chain, private_key key) {
  if (chain.empty() || chain.size() >= limits::identity_chain_certificates_max) return refuse(refusal::chain_too_long);
  if (!std::ranges::all_of(chain, [](const auto& c) { return c.facts().is_authority; })) {
    return refuse(refusal::not_an_authority);
  }
  if (chain.front().key() != key.public_half()) {
    return fail(errc::refused, "this is not the key of the authority's certificate");
  }
  return authority(std::move(chain), std::move(key));
}

result<certificate> authority::issue(const public_key& to, const certificate_order& order, timestamp now) const {
  PG_TRY_VOID(check_name(order));
  PG_TRY(const auto life, life_of(order));
  PG_TRY_VOID(detail::check_key(to.native()));
  PG_TRY_VOID(check_issuer(own().facts(), order, now));
  PG_TRY_VOID(check_constraint(gateway(), order));
  PG_TRY(auto extensions, extensions_of(order));
  const auto until = std::min(now + life, own().facts().not_after);
  return detail::build({common_name_of(order), now - backdated_by, until, std::move(extensions)}, to, &own(), key_);
}

result<certificate> authority::renew(const certificate& old, const public_key& to, timestamp now) const {
  const auto& facts = old.facts();
  certificate_order order{.as = facts.for_servers ? profile::node : profile::device, .name = facts.common_name};
  order.dns_names = facts.dns_names;
  order.addresses = facts.addresses;
  const auto& terms = terms_of(order.as);
  order.life = std::clamp(facts.not_after - facts.not_before - backdated_by, terms.life_min, terms.life_max);
  if (order.as != profile::node) order.dns_names.clear();
  return issue(to, order, now);
}

result<certificate> authority::vouch_for(const certificate& other_root, timestamp now) const {
  const auto& other = other_root.facts();
  if (!own().is_root() || !other_root.is_root()) return fail(errc::refused, "a root vouches for another root");
  const certificate_order order{.as = profile::root, .name = other.common_name};
  PG_TRY_VOID(check_name(order));
  PG_TRY(auto extensions, extensions_of(order));
  const auto until = std::min(other.not_after, own().facts().not_after);
  return detail::build({other.common_name, now - backdated_by, until, std::move(extensions)}, other_root.key(), &own(),
                       key_);
}

std::span<const certificate> authority::shown() const {
  return std::span(chain_).first(chain_.size() - (chain_.back().is_root() ? 1 : 0));
}

std::string authority::gateway() const {
  const auto& facts = own().facts();
  return facts.permitted_names.empty() ? std::string() : facts.permitted_names.front();
}

}  // namespace perigee::identity
