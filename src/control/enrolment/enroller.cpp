#include "control/enrolment/enroller.hpp"

#include <format>

#include "identity/names.hpp"
#include "identity/refusal.hpp"

namespace perigee::control::enrolment {
namespace {

std::unexpected<denial> deny(denial::kind is, std::string why) { return std::unexpected(denial{is, std::move(why)}); }

/// A request is for its sender alone: the name it asks for, and no other beside it.
std::expected<void, denial> fault_of(const applicant& who, const identity::requested_identity& asks) {
  if (asks.name != who.name) {
    return deny(denial::kind::forbidden,
                std::format("the request is for '{}', and '{}' asks: a certificate is given to its owner", asks.name,
                            who.name));
  }
  for (const auto& each : asks.dns_names) {
    if (each != who.name)
      return deny(denial::kind::forbidden, std::format("'{}' may not be called '{}'", who.name, each));
  }
  if (!asks.challenge_password.empty()) {
    return deny(denial::kind::malformed, "a request is not bound to its connection here: leave challengePassword out");
  }
  return {};
}

}  // namespace

std::expected<void, denial> enroller::check_names(const applicant& who, const identity::requested_identity& asks,
                                                  timestamp now) {
  auto fine = fault_of(who, asks);
  if (const auto gateway = by_.gateway(); fine && !gateway.empty() && !identity::is_below(who.name, gateway)) {
    fine = deny(denial::kind::forbidden, std::format("this gateway enrols names that end in '.{}'", gateway));
  }
  if (!fine) book_.note_refusal(who, fine.error().why, now);
  return fine;
}

denial enroller::refuse(const applicant& who, const error& why, timestamp now) {
  const auto reason = identity::reason_of(why);
  const std::string sentence = reason ? identity::text_of(*reason).sentence : why.what;
  book_.note_refusal(who, reason ? std::format("{}: {}", identity::text_of(*reason).name, sentence) : sentence, now);
  return {denial::kind::malformed, sentence};
}

std::expected<chain, denial> enroller::enrol(const applicant& who, std::string_view token, identity::profile wanted,
                                             const identity::certificate_request& asked, timestamp now) {
  if (auto fine = check_names(who, asked.asks(), now); !fine) return std::unexpected(std::move(fine.error()));
  const auto make = [&](identity::profile as) { return issue(as, asked, now); };
  return book_.admit(who, token, wanted, asked.key(), make, now).transform([this](auto leaf) {
    return with_authorities(std::move(leaf));
  });
}

std::expected<chain, denial> enroller::renew(const applicant& who, const shown_certificate& with,
                                             identity::profile wanted, const identity::certificate_request& asked,
                                             timestamp now) {
  if (auto fine = check_names(who, asked.asks(), now); !fine) return std::unexpected(std::move(fine.error()));
  const auto make = [&](identity::profile as) { return issue(as, asked, now); };
  return book_.renew(who, with, wanted, asked.key(), make, now).transform([this](auto leaf) {
    return with_authorities(std::move(leaf));
  });
}

std::expected<identity::certificate, denial> enroller::issue(identity::profile as,
                                                             const identity::certificate_request& asked,
                                                             timestamp now) const {
  identity::certificate_order order{.as = as, .name = asked.asks().name, .life = life_};
  if (as == identity::profile::node) {
    // A node's clients on its own machine know it by these; others by its name.
    order.dns_names = {"localhost"};
    order.addresses = {"127.0.0.1", "::1"};
  }
  auto made = by_.issue(asked.key(), order, now);
  if (made) return *std::move(made);
  if (identity::reason_of(made.error()) || is(made.error(), errc::malformed)) {
    return deny(denial::kind::malformed, made.error().what);
  }
  return deny(denial::kind::failed, made.error().what);
}

chain enroller::with_authorities(identity::certificate leaf) const {
  chain out{std::move(leaf)};
  out.insert(out.end(), by_.shown().begin(), by_.shown().end());
  return out;
}

}  // namespace perigee::control::enrolment
