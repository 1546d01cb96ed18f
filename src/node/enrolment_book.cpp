#include "node/enrolment_book.hpp"

#include <charconv>
#include <format>

#include "crypto/password.hpp"

namespace perigee::node {
namespace {

namespace registry = control::registry;
using control::enrolment::applicant;
using control::enrolment::denial;
using control::enrolment::issued;
using control::enrolment::shown_certificate;

std::unexpected<denial> deny(denial::kind is, std::string why) { return std::unexpected(denial{is, std::move(why)}); }

/// The registry's own words, where they are about what was asked; else the node could not.
std::unexpected<denial> deny(const registry::refusal& why) {
  const bool asked_wrong = registry::is(why, errc::refused) || registry::is(why, errc::exists) ||
                           registry::is(why, errc::malformed) || registry::is(why, errc::not_found);
  return deny(asked_wrong ? denial::kind::forbidden : denial::kind::failed, why.what);
}

registry::actor actor_of(const applicant& who, std::string why, timestamp now) {
  return {.who = who.name, .from = who.address, .why = std::move(why), .at = now};
}

bool is_shut_out(registry::lifecycle in) {
  return in == registry::lifecycle::suspended || in == registry::lifecycle::retired;
}

registry::kind kind_for(identity::profile as) {
  return as == identity::profile::node ? registry::kind::node : registry::kind::device;
}

}  // namespace

std::expected<void, denial> enrolment_book::admit(const applicant& who, std::string_view token,
                                                  identity::profile wanted, timestamp now) {
  const auto by = actor_of(who, "enrolment", now);
  const auto known = in_.find(who.name);
  if (!known && !registry::is(known.error(), errc::not_found)) return deny(known.error());
  if (known && is_shut_out(known->stage.now)) {
    (void)in_.note_refusal("enrolment", who.name, actor_of(who, std::string(name_of(known->stage.now)), now));
    return deny(denial::kind::forbidden, std::format("'{}' is {}", who.name, name_of(known->stage.now)));
  }
  if (known && known->given.is != kind_for(wanted)) {
    return deny(denial::kind::forbidden, std::format("'{}' is a {}", who.name, name_of(known->given.is)));
  }
  const auto purpose = wanted == identity::profile::node ? registry::purpose::join : registry::purpose::enrol;
  const auto used = in_.use(token, purpose, who.name, by);
  if (!used) return deny(used.error());
  // Why not, the audit says; a stranger is told only that it was refused.
  if (!*used) return deny(denial::kind::unknown, "the token is not good for this");
  if (known) return {};
  const auto added = in_.add({.name = who.name, .is = kind_for(wanted)}, by);
  return added ? std::expected<void, denial>() : deny(added.error());
}

std::expected<identity::profile, denial> enrolment_book::may_renew(const applicant& who, const shown_certificate& with,
                                                                   timestamp now) {
  const auto known = in_.find(who.name);
  if (!known) return deny(known.error());
  if (is_shut_out(known->stage.now)) {
    (void)in_.note_refusal("renewal", who.name, actor_of(who, std::string(name_of(known->stage.now)), now));
    return deny(denial::kind::forbidden, std::format("'{}' is {}", who.name, name_of(known->stage.now)));
  }
  const auto all = in_.certificates({.name = who.name});
  if (!all) return deny(all.error());
  const registry::certificate_id shown{with.issuer, with.serial};
  for (const auto& each : *all) {
    if (each.given.id != shown) continue;
    if (each.state != registry::certificate_state::current) {
      return deny(denial::kind::forbidden, "this certificate was renewed or revoked before");
    }
    return known->given.is == registry::kind::node ? identity::profile::node : identity::profile::device;
  }
  return deny(denial::kind::forbidden, "this certificate is not known here");
}

std::expected<void, denial> enrolment_book::enter(const applicant& who, const issued& what,
                                                  const shown_certificate* replaces, timestamp now) {
  const auto& facts = what.made.facts();
  const auto by = actor_of(who, std::string(what.how), now);
  const registry::new_certificate made{.id = {facts.authority_key_id, facts.serial},
                                       .name = facts.common_name,
                                       .not_before = facts.not_before,
                                       .not_after = facts.not_after,
                                       .fingerprint = crypto::sha256(what.made.to_der()),
                                       .issued_by = std::string(what.how)};
  if (const auto kept = in_.record(made, registry::beside::others, by); !kept) return deny(kept.error());
  if (replaces == nullptr) return {};
  const auto old = in_.supersede({replaces->issuer, replaces->serial}, now + grace_, by);
  return old ? std::expected<void, denial>() : deny(old.error());
}

}  // namespace perigee::node
