#include "node/enrolment_book.hpp"

#include <optional>
#include <string>

#include "base/log.hpp"
#include "crypto/password.hpp"

namespace perigee::node {
namespace {

namespace registry = control::registry;
using control::enrolment::applicant;
using control::enrolment::certificate_maker;
using control::enrolment::denial;
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

registry::kind kind_for(identity::profile as) {
  return as == identity::profile::device ? registry::kind::device : registry::kind::node;
}
registry::purpose purpose_for(identity::profile as) {
  switch (as) {
    case identity::profile::node: return registry::purpose::join;
    case identity::profile::gateway: return registry::purpose::gateway;
    default: return registry::purpose::enrol;
  }
}
identity::profile profile_for(registry::kind is) {
  return is == registry::kind::node ? identity::profile::node : identity::profile::device;
}

/// Keeps what the enroller makes while the registry asks for its row.
class making {
 public:
  /// `wanted`: none where the thing's kind says it.
  making(certificate_maker make, std::string how, std::optional<identity::profile> wanted)
      : make_(make), how_(std::move(how)), wanted_(wanted) {}

  registry::outcome<registry::new_certificate> operator()(registry::kind is) {
    made_ = make_(wanted_.value_or(profile_for(is)));
    if (!*made_) return std::unexpected(registry::refusal(errc::cancelled, "no certificate was made"));
    return row_of(**made_, how_);
  }
  /// What the registry made of it, for who asks.
  enrolment_book::given answer(
      const registry::outcome<std::expected<registry::certificate, registry::denied>>& entered) && {
    if (made_ && !*made_) return *std::move(made_);
    if (!entered) return deny(entered.error());
    if (const auto& how = *entered; !how) {
      // Why not, the audit says; a stranger is told only that it was refused.
      switch (how.error().is) {
        case registry::denied::kind::stranger: return deny(denial::kind::unknown, "the token is not good for this");
        case registry::denied::kind::waiting: return deny(denial::kind::waiting, how.error().why);
        case registry::denied::kind::forbidden: break;
      }
      return deny(denial::kind::forbidden, how.error().why);
    }
    return *std::move(made_);
  }

 private:
  certificate_maker make_;
  std::string how_;
  std::optional<identity::profile> wanted_;
  std::optional<enrolment_book::given> made_{};  // none while nothing was asked for
};

}  // namespace

std::expected<void, denial> enrolment_book::check_proof(const applicant& who, timestamp now) {
  if (shown_ == proof::tpm) return {};
  const auto known = in_.find(who.name);
  if (!known && registry::is(known.error(), errc::not_found)) return {};
  if (!known) return deny(known.error());
  if (!known->given.attributes.contains(endorsement_attribute)) return {};
  note_refusal(who, "without its TPM", now);
  return deny(denial::kind::forbidden, "this thing is known by its TPM: it attests itself");
}

registry::new_certificate row_of(const identity::certificate& made, std::string how) {
  const auto& facts = made.facts();
  return {.id = {facts.authority_key_id, facts.serial},
          .name = facts.common_name,
          .not_before = facts.not_before,
          .not_after = facts.not_after,
          .fingerprint = crypto::sha256(made.to_der()),
          .issued_by = std::move(how)};
}

enrolment_book::given enrolment_book::admit(const applicant& who, std::string_view token, identity::profile wanted,
                                            const identity::public_key& key, certificate_maker make, timestamp now) {
  if (auto good = check_proof(who, now); !good) return std::unexpected(good.error());
  const registry::enrolment asked{.name = who.name,
                                  .is = kind_for(wanted),
                                  .by = purpose_for(wanted),
                                  .secret = std::string(token),
                                  .key = key.fingerprint(),
                                  .grace = grace_,
                                  .needs_approval = needs_approval_,
                                  .for_authority = wanted == identity::profile::gateway};
  making made(make, asked.for_authority ? "a token, to issue with" : "a token", wanted);
  return std::move(made).answer(in_.enrol(asked, made, actor_of(who, "enrolment", now)));
}

enrolment_book::given enrolment_book::renew(const applicant& who, const shown_certificate& with,
                                            identity::profile wanted, const identity::public_key& key,
                                            certificate_maker make, timestamp now) {
  if (auto good = check_proof(who, now); !good) return std::unexpected(good.error());
  const bool of_authority = wanted == identity::profile::gateway;
  const registry::renewal asked{.name = who.name,
                                .with = {with.issuer, with.serial},
                                .key = key.fingerprint(),
                                .grace = grace_,
                                .of_authority = of_authority};
  // Of what kind another one is, the registry says.
  making made(make, "renewal", of_authority ? std::optional(wanted) : std::nullopt);
  return std::move(made).answer(in_.renew(asked, made, actor_of(who, "renewal", now)));
}

void enrolment_book::note_refusal(const applicant& who, std::string_view why, timestamp now) {
  const auto kept = in_.note_refusal("enrolment", who.name, actor_of(who, std::string(why), now));
  if (!kept) log::warn("node.enrolment", "the audit has no row of a refusal: {}", kept.error().what);
}

}  // namespace perigee::node
