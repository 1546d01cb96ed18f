#include "node/attestation_routes.hpp"

#include <format>

#include "access/slow_down.hpp"
#include "base/attestation_limits.hpp"
#include "base/log.hpp"
#include "base/printable.hpp"
#include "control/attestation/exchange.hpp"
#include "control/attestation/policy_file.hpp"
#include "control/enrolment/est.hpp"
#include "node/enrolment_book.hpp"

namespace perigee::node {
namespace {

namespace attestation = control::attestation;
namespace enrolment = control::enrolment;
namespace registry = control::registry;
using api::answer;
using api::request;
using authority_ptr = std::shared_ptr<const issuing_site>;
using verifier_ptr = std::shared_ptr<attestation::verifier>;

constexpr std::string_view place = "node.attestation";
constexpr std::string_view body_type = "application/json";

answer refusal_of(const attestation::refused& why) {
  const auto& text = attestation::text_of(why.reason);
  const bool later = why.reason == attestation::refusal::too_many_challenges;
  return api::problem({.status = later ? 503U : 403U,
                       .title = text.sentence,
                       .type = "/problems/attestation",
                       .detail = why.detail,
                       .field = std::string(text.name)});
}

answer refuse_body(const error& why) {
  return api::problem(
      {.status = 400, .title = "The body is not as it should be.", .type = "/problems/parameter", .detail = why.what});
}

registry::actor actor_of(std::string name, std::string address, std::string why) {
  why.resize(std::min<std::size_t>(why.size(), limits::registry_why_bytes_max));
  return {.who = std::move(name), .from = std::move(address), .why = std::move(why), .at = clock::wall()};
}

/// The TPM that the registry has for a thing; empty where the thing is new or has none yet.
registry::outcome<std::string> known_endorsement(registry::registry& in, const std::string& name) {
  const auto found = in.find(name);
  if (!found && registry::is(found.error(), errc::not_found)) return std::string();
  if (!found) return std::unexpected(found.error());
  const auto& attributes = found->given.attributes;
  const auto key = attributes.find(endorsement_attribute);
  return key == attributes.end() ? std::string() : key->second;
}

void note(registry::registry& in, const attestation::refused& why, const std::string& name,
          const std::string& address) {
  log::warn(place, "'{}' at {} is refused: {}", printable(name), address, why.text());
  if (!identity::is_name(name)) return;
  if (const auto noted = in.note_refusal("attestation", name, actor_of(name, address, why.text())); !noted) {
    log::warn(place, "the audit has no row for '{}': {}", name, noted.error().what);
  }
}

/// Where machines attest themselves: shared by the routes. `failing` is the shard's; the registry's worker reads the
/// rest, and alone uses the verifier.
struct desk {
  things& of;
  authority_ptr by;
  verifier_ptr by_tpm;
  bool needs_approval;
  access::slow_down failing{};

  void failed(const request& asked) { failing.failed(asked.who.address, clock::now()); }
  [[nodiscard]] bool is_unheard(const request& asked) const {
    return failing.must_wait(asked.who.address, clock::now());
  }
};
using desk_ptr = std::shared_ptr<desk>;

// The challenge

using challenged = attestation::outcome<attestation::challenge>;

registry::outcome<challenged> give_challenge(registry::registry& in, attestation::verifier& by,
                                             attestation::application asked, const std::string& address) {
  PG_TRY(asked.known_fingerprint, known_endorsement(in, asked.name));
  auto given = by.begin(asked, clock::wall());
  if (!given) note(in, given.error(), asked.name, address);
  return given;
}

io::task<answer> challenge(desk_ptr at, request asked) {
  if (at->is_unheard(asked)) co_return unheard_answer();
  auto read = attestation::read_application(asked.body);
  if (read && !identity::is_name(read->name)) read = fail(errc::malformed, "name is none of a node or device");
  if (!read) co_return refuse_body(read.error());
  PG_CO_TRY(const auto done, co_await at->of.ask<challenged>([by = at->by_tpm, read = *std::move(read),
                                                              address = asked.who.address](registry::registry& in) {
    return give_challenge(in, *by, read, address);
  }));
  if (!done) co_return api::problem(503, "The registry does not answer.");
  if (!*done) {
    at->failed(asked);
    co_return refusal_of(done->error());
  }
  co_return answer{.status = 200, .body = attestation::to_json(**done)};
}

// The evidence

/// Who asks for a certificate, and what shows that it may: a token, or the certificate that it has.
struct claim {
  enrolment::applicant who;
  std::string token{};
  std::optional<enrolment::shown_certificate> with{};
  std::shared_ptr<const site_authority> by{};  // who issues
};

/// Nothing where neither is shown, or for another name than the evidence is of.
std::optional<claim> claim_of(const request& asked, const std::string& name) {
  if (asked.certificate && asked.certificate_name == name) {
    return claim{.who = {name, asked.who.address},
                 .with = enrolment::shown_certificate{asked.certificate->issuer, asked.certificate->serial}};
  }
  const auto shown = enrolment::read_basic(asked.authorization);
  if (!shown || shown->user != name) return std::nullopt;
  return claim{.who = {name, asked.who.address}, .token = shown->password};
}

/// Shuts a machine out that proved its TPM and has started what it may not. Only the thing that has this TPM: what
/// a stranger sends of its own shuts out nobody else.
registry::outcome<> quarantine(registry::registry& in, const attestation::failed_attestation& why,
                               const enrolment::applicant& who) {
  if (why.endorsement_fingerprint.empty() || !attestation::is_of_the_boot_chain(why.why.reason)) return {};
  PG_TRY(const auto known, known_endorsement(in, who.name));
  if (known != why.endorsement_fingerprint) return {};
  const auto taken = in.take(who.name, registry::step::suspend,
                             actor_of("attestation", who.address, "attestation: " + why.why.text()));
  if (taken) log::warn(place, "'{}' is suspended: {}", who.name, why.why.text());
  // Already suspended, or never provisioned: it gets nothing in either case.
  if (!taken && !registry::is(taken.error(), errc::refused)) return std::unexpected(taken.error());
  return {};
}

/// What comes of evidence: certificates, or one of two kinds of no.
using judged = std::expected<enrolment::chain, std::variant<attestation::refused, enrolment::denial>>;

judged issue(registry::registry& in, const desk& at, const claim& of, bool as_node,
             const identity::certificate_request& wish) {
  enrolment_book book(in, superseded_grace, at.needs_approval, enrolment_book::proof::tpm);
  enrolment::enroller enroller(of.by->issuing, book);
  const auto wanted = as_node ? identity::profile::node : identity::profile::device;
  auto given = of.with ? enroller.renew(of.who, *of.with, wanted, wish, clock::wall())
                       : enroller.enrol(of.who, of.token, wanted, wish, clock::wall());
  if (!given) return judged(std::unexpect, std::move(given.error()));
  return *std::move(given);
}

registry::outcome<judged> judge(registry::registry& in, const desk& at, const claim& of,
                                const attestation::enrolment_wish& shown, const identity::certificate_request& wish) {
  const auto refuse = [&](attestation::refused why) {
    note(in, why, of.who.name, of.who.address);
    return judged(std::unexpect, std::move(why));
  };
  const auto proved = at.by_tpm->finish(shown.evidence, wish.key(), clock::wall());
  if (!proved) {
    PG_TRY_VOID(quarantine(in, proved.error(), of.who));
    return refuse(proved.error().why);
  }
  const auto& fingerprint = proved->endorsement_fingerprint;
  PG_TRY(const auto known, known_endorsement(in, of.who.name));
  if (!known.empty() && known != fingerprint) return refuse({attestation::refusal::wrong_endorsement_key});
  auto given = issue(in, at, of, shown.as_node, wish);
  if (!given || !known.empty()) return given;
  // A crash before this leaves a certificate that nobody was handed: who asks again proves its TPM again.
  registry::patch learnt;
  learnt.attributes.emplace(endorsement_attribute, fingerprint);
  PG_TRY_VOID(in.change(of.who.name, learnt, actor_of("attestation", of.who.address, "its TPM is known from now on")));
  return given;
}

/// Whether who asked is to blame, so that it waits longer each time.
bool is_a_failure(const std::variant<attestation::refused, enrolment::denial>& why) {
  const auto* const denied = std::get_if<enrolment::denial>(&why);
  return denied == nullptr ||
         (denied->is != enrolment::denial::kind::waiting && denied->is != enrolment::denial::kind::failed);
}

answer answer_for(const judged& of) {
  if (of) return certificates_answer(*of);
  if (const auto* denied = std::get_if<enrolment::denial>(&of.error())) return denial_answer(*denied);
  return refusal_of(std::get<attestation::refused>(of.error()));
}

io::task<answer> enrol(desk_ptr at, request asked) {
  if (at->is_unheard(asked)) co_return unheard_answer();
  const auto read = attestation::read_wish(asked.body);
  if (!read) co_return refuse_body(read.error());
  auto claimed = claim_of(asked, read->evidence.name);
  if (!claimed) {
    co_return denial_answer({enrolment::denial::kind::unknown,
                             "show the name and a token by Basic authentication, or the certificate that it has"});
  }
  claimed->by = at->by->now;
  const auto wish = identity::certificate_request::parse(read->request);
  if (!wish) co_return refuse_body(wish.error());
  things::work<judged> work = [at, claimed = *claimed, shown = *read, wish = *wish](registry::registry& in) {
    return judge(in, *at, claimed, shown, wish);
  };
  PG_CO_TRY(const auto done, co_await at->of.ask<judged>(std::move(work)));
  if (!done) co_return denial_answer({enrolment::denial::kind::failed, done.error().what});
  if (*done) {
    at->failing.succeeded(asked.who.address);
  } else if (is_a_failure(done->error())) {
    at->failed(asked);
  }
  co_return answer_for(*done);
}

}  // namespace

result<verifier_ptr> open_verifier(io::disk& on, const std::string& policy_file) {
  if (policy_file.empty()) return nullptr;
  PG_TRY(const auto bytes, io::read_whole(on, policy_file, limits::attestation_policy_bytes_max));
  auto policy = attestation::read_policy({policy_file, as_text(bytes)});
  if (!policy) {
    log::warn(place, "{}", render_all(policy.error()));
    return fail(errc::malformed, "the attestation policy is not taken: the log says why");
  }
  attestation::manufacturers trusted;
  if (!policy->manufacturers.empty()) {
    const auto folder = policy_file.substr(0, policy_file.rfind('/') + 1);
    const auto file = policy->manufacturers.starts_with('/') ? policy->manufacturers : folder + policy->manufacturers;
    PG_TRY(const auto pem, io::read_whole(on, file, limits::attestation_manufacturers_bytes_max));
    PG_TRY(trusted, attestation::manufacturers::read(pem));
  }
  return std::make_shared<attestation::verifier>(std::move(trusted), std::move(policy->boot));
}

api::routes attestation_routes(things& of, std::shared_ptr<const issuing_site> by, verifier_ptr verifier,
                               bool needs_approval) {
  if (!verifier) return {};
  const auto at = std::make_shared<desk>(of, std::move(by), std::move(verifier), needs_approval);
  const auto everybody = api::access::anybody;
  const std::string path = "/.well-known/perigee/attestation";
  return {{"POST",
           path + "/challenge",
           [at](request asked) { return challenge(at, std::move(asked)); },
           everybody,
           {.summary = "A nonce, and a credential that only the TPM of an endorsement key opens",
            .answers = "{challenge:text,nonce:text,credential:text,secret:text,bank:text,pcrs:[whole],expires:time}",
            .body = body_type}},
          {"POST",
           path + "/enrol",
           [at](request asked) { return enrol(at, std::move(asked)); },
           everybody,
           {.summary = "A certificate for a machine that answers such a challenge",
            .answers = enrolment::bundle_type,
            .body = body_type,
            .body_bytes_max = limits::attestation_evidence_bytes_max}}};
}

}  // namespace perigee::node
