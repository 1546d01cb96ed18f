#include <algorithm>
#include <array>
#include <format>
#include <optional>

#include "access/credential.hpp"
#include "base/identity_limits.hpp"
#include "control/registry/detail/state.hpp"

namespace perigee::control::registry {
namespace {

using answer = std::expected<certificate, denied>;

constexpr nanoseconds word_holds = std::chrono::days(7);
constexpr const char* compromised = "a certificate of this key was revoked";

/// Why a thing as it stands gets no certificate; nothing: it may.
std::optional<std::string> shut_out(const thing& of, kind wanted) {
  const auto now = of.stage.now;
  if (now == lifecycle::suspended || now == lifecycle::retired) return std::format("it is {}", name_of(now));
  if (of.given.is != wanted) return std::format("it is a {}, not a {}", name_of(of.given.is), name_of(wanted));
  return std::nullopt;
}

/// A key that somebody else may have is certified no more.
bool is_compromised(const std::vector<certificate>& all, std::string_view key) {
  return std::ranges::any_of(
      all, [&](const certificate& each) { return each.given.key == key && each.state == certificate_state::revoked; });
}

/// What was asked with this token and key before, and led to something.
struct history {
  bool certified = false;                // its answer may have been lost
  std::optional<application> applied{};  // the token's use was taken then
  bool has_other_half = false;           // of a gateway: its identity or its authority, which one use gives both

  [[nodiscard]] bool used_token() const { return certified || applied || has_other_half; }
  /// Who was heard once need not hurry.
  [[nodiscard]] bool excuses(token_refusal why) const {
    return (used_token() && why == token_refusal::used) || (applied && why == token_refusal::expired);
  }
};

history history_of(const enrolment& asked, const token& with, const std::vector<certificate>& all,
                   std::optional<application> applied, timestamp now) {
  history out;
  const auto by_it = [&](const certificate& each) { return each.given.token == with.given.id; };
  const auto same_half = [&](const certificate& each) { return each.given.is_authority == asked.for_authority; };
  out.certified =
      std::ranges::any_of(all, [&](const auto& each) { return by_it(each) && each.given.key == asked.key; });
  out.has_other_half = with.given.is == purpose::gateway &&
                       std::ranges::any_of(all, [&](const auto& each) { return by_it(each) && !same_half(each); }) &&
                       std::ranges::none_of(all, [&](const auto& each) { return by_it(each) && same_half(each); });
  const bool same = applied && applied->name == asked.name && applied->key == asked.key &&
                    applied->token == with.given.id && applied->is == asked.is;
  const bool over = applied && applied->now != decision::waiting && applied->decided + word_holds <= now;
  if (same && !over) out.applied = std::move(applied);
  return out;
}

}  // namespace

std::string_view name_of(decision d) {
  constexpr std::array<std::string_view, decision_count> names{"waiting", "approved", "denied"};
  return names[static_cast<std::size_t>(d)];
}

std::string application_id_of(std::string_view key) {
  constexpr std::size_t digits = 16;
  return std::string(key.substr(0, digits));
}

outcome<std::expected<certificate, denied>> registry::state::deny(std::string_view what, std::string_view of,
                                                                  denied why, const actor& by) {
  auto row = by;
  row.why = why.why;
  PG_TRY_VOID(audit.add(what, of, row, true));
  return answer(std::unexpected(std::move(why)));
}

outcome<std::optional<denied>> registry::state::ask_operator(const enrolment& asked, const token& with,
                                                             const std::optional<application>& earlier,
                                                             bool use_is_taken, const actor& by) {
  if (earlier && earlier->now == decision::approved) return std::optional<denied>();
  if (earlier && earlier->now == decision::denied) return denied{denied::kind::forbidden, "an operator denied it"};
  const denied waits{denied::kind::waiting, "an operator is to approve it"};
  if (earlier) return waits;
  PG_TRY_VOID(applications.remove(application_id_of(asked.key)));  // of this key, for something else
  PG_TRY(auto held, applications.count());
  if (held >= limits::registry_applications_max) {
    PG_TRY_VOID(applications.drop_one_decided());
    PG_TRY(held, applications.count());
  }
  if (held >= limits::registry_applications_max) {
    return std::unexpected(refusal(errc::full, "There are as many enrolments waiting as can be."));
  }
  if (!use_is_taken) PG_TRY_VOID(take_use(with, by));
  PG_TRY_VOID(applications.insert({.id = application_id_of(asked.key),
                                   .name = asked.name,
                                   .is = asked.is,
                                   .key = asked.key,
                                   .token = with.given.id,
                                   .from = by.from,
                                   .asked = by.at}));
  PG_TRY_VOID(audit.add("enrolment waits for an operator", asked.name, by));
  return waits;
}

outcome<std::expected<certificate, denied>> registry::enrol(const enrolment& asked, certificate_maker make,
                                                            const actor& by) {
  return state_->whole([&]() -> outcome<answer> {
    auto& in = *state_;
    const auto no = [&](denied::kind is, std::string why) {
      return in.deny("enrolment", asked.name, {is, std::move(why)}, by);
    };
    PG_TRY(const auto token, in.tokens.find_by(access::digest_of_token(asked.secret)));
    if (!token) return no(denied::kind::stranger, sentence_of(token_refusal::unknown));
    PG_TRY(const auto all, in.certificates.of(asked.name));
    PG_TRY(auto applied, in.applications.find(application_id_of(asked.key)));
    const auto before = history_of(asked, *token, all, std::move(applied), by.at);
    if (const auto bad = unfit(*token, asked.by, asked.name, by.at); bad && !before.excuses(*bad)) {
      return no(denied::kind::stranger, std::format("token {}: {}", token->given.id, sentence_of(*bad)));
    }
    PG_TRY(const auto known, in.things.find(asked.name));
    if (auto why = known ? shut_out(*known, asked.is) : std::nullopt) return no(denied::kind::forbidden, *why);
    if (is_compromised(all, asked.key)) return no(denied::kind::forbidden, compromised);
    if (asked.needs_approval && !before.certified) {
      PG_TRY(auto word, in.ask_operator(asked, *token, before.applied, before.used_token(), by));
      if (word && word->is == denied::kind::waiting) return answer(std::unexpected(*std::move(word)));
      if (word) return no(word->is, word->why);
    }
    if (!before.used_token()) PG_TRY_VOID(in.take_use(*token, by));
    if (!known) PG_TRY_VOID(in.insert(new_thing{.name = asked.name, .is = asked.is}, by));
    PG_TRY(auto out, in.certify(asked, token->given.id, all, make, by));
    return answer(std::move(out));
  });
}

/// The certificate itself, in the place of one whose answer was lost.
outcome<certificate> registry::state::certify(const enrolment& asked, const std::string& token_id,
                                              const std::vector<certificate>& all, certificate_maker make,
                                              const actor& by) {
  for (const auto& each : all) {
    const bool lost = each.given.token == token_id && each.given.key == asked.key;
    if (!lost || each.state != certificate_state::current) continue;
    PG_TRY_VOID(supersede(each, by.at + asked.grace, by));
  }
  PG_TRY(auto given, make(asked.is));
  given.name = asked.name;
  given.key = asked.key;
  given.token = token_id;
  given.is_authority = asked.for_authority;
  return give(given, by);
}

outcome<std::expected<certificate, denied>> registry::renew(const renewal& asked, certificate_maker make,
                                                            const actor& by) {
  return state_->whole([&]() -> outcome<answer> {
    auto& in = *state_;
    const auto no = [&](std::string why) {
      return in.deny("renewal", asked.name, {denied::kind::forbidden, std::move(why)}, by);
    };
    PG_TRY(const auto known, in.things.find(asked.name));
    if (!known) return no("it is not known here");
    if (auto why = shut_out(*known, known->given.is)) return no(*std::move(why));
    PG_TRY(const auto old, in.certificates.find(asked.with));
    if (!old || old->given.name != asked.name) return no("this certificate is not known here");
    PG_TRY(const auto all, in.certificates.of(asked.name));
    const auto of_the_key = std::ranges::find_if(all, [&](const certificate& each) {
      return each.given.key == asked.key && each.given.is_authority == asked.of_authority &&
             each.state == certificate_state::current;
    });
    // The answer may have been lost: whoever has the certificate that was renewed and the key of the new one is the
    // same.
    const bool is_current = old->state == certificate_state::current;
    const bool again = old->state == certificate_state::superseded && by.at < old->grace_until;
    const bool is_other = asked.of_authority || !is_current;  // not the one that is shown is replaced
    if (!is_current && (!again || (!asked.of_authority && of_the_key == all.end())))
      return no("this certificate was renewed or revoked before");
    if (is_other && of_the_key == all.end()) return no("it has no authority with this key: a token gives the first");
    if (is_compromised(all, asked.key)) return no(compromised);
    PG_TRY(auto made, make(known->given.is));
    made.name = asked.name;
    made.key = asked.key;
    made.is_authority = asked.of_authority;
    PG_TRY(auto out, in.give(made, by));
    PG_TRY_VOID(in.supersede(is_other ? *of_the_key : *old, by.at + asked.grace, by));
    return answer(std::move(out));
  });
}

outcome<std::vector<application>> registry::applications(std::string_view after, std::size_t limit) {
  return state_->applications.list(after, limit);
}

outcome<application> registry::decide(std::string_view id, decision word, const actor& by) {
  return state_->whole([&]() -> outcome<application> {
    PG_TRY(auto found, state_->applications.find(id));
    if (!found) return std::unexpected(refusal(errc::not_found, "There is no enrolment of this id."));
    if (found->now != decision::waiting) return std::unexpected(against("it was decided before"));
    found->now = word;
    found->decided = by.at;
    found->by = by.who;
    PG_TRY_VOID(state_->applications.decide(*found));
    PG_TRY_VOID(state_->audit.add(std::format("enrolment {}", name_of(word)), found->name, by));
    return std::move(*found);
  });
}

}  // namespace perigee::control::registry
