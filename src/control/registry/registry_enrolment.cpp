#include <algorithm>
#include <format>
#include <optional>

#include "access/credential.hpp"
#include "control/registry/detail/state.hpp"

namespace perigee::control::registry {
namespace {

using answer = std::expected<certificate, denied>;

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
constexpr const char* compromised = "a certificate of this key was revoked";

}  // namespace

outcome<std::expected<certificate, denied>> registry::state::deny(std::string_view what, std::string_view of,
                                                                  denied why, const actor& by) {
  auto row = by;
  row.why = why.why;
  PG_TRY_VOID(audit.add(what, of, row, true));
  return answer(std::unexpected(std::move(why)));
}

outcome<std::expected<certificate, denied>> registry::enrol(const enrolment& asked, certificate_maker make,
                                                            const actor& by) {
  return state_->whole([&]() -> outcome<answer> {
    auto& in = *state_;
    const auto no = [&](bool stranger, std::string why) {
      return in.deny("enrolment", asked.name, {stranger, std::move(why)}, by);
    };
    PG_TRY(const auto token, in.tokens.find_by(access::digest_of_token(asked.secret)));
    if (!token) return no(true, sentence_of(token_refusal::unknown));
    PG_TRY(const auto all, in.certificates.of(asked.name));
    const auto again = std::ranges::any_of(
        all, [&](const auto& each) { return each.given.token == token->given.id && each.given.key == asked.key; });
    const auto bad = unfit(*token, asked.by, asked.name, by.at);
    if (bad && !(again && *bad == token_refusal::used)) {
      return no(true, std::format("token {}: {}", token->given.id, sentence_of(*bad)));
    }
    PG_TRY(const auto known, in.things.find(asked.name));
    if (auto why = known ? shut_out(*known, asked.is) : std::nullopt) return no(false, *std::move(why));
    if (is_compromised(all, asked.key)) return no(false, compromised);
    if (!again) PG_TRY_VOID(in.take_use(*token, by));
    if (!known) PG_TRY_VOID(in.insert(new_thing{.name = asked.name, .is = asked.is}, by));
    for (const auto& each : all) {
      const bool lost = again && each.given.key == asked.key && each.state == certificate_state::current;
      if (lost) PG_TRY_VOID(in.supersede(each, by.at + asked.grace, by));
    }
    PG_TRY(auto made, make(asked.is));
    made.name = asked.name;
    made.key = asked.key;
    made.token = token->given.id;
    PG_TRY(auto out, in.give(made, by));
    return answer(std::move(out));
  });
}

outcome<std::expected<certificate, denied>> registry::renew(const renewal& asked, certificate_maker make,
                                                            const actor& by) {
  return state_->whole([&]() -> outcome<answer> {
    auto& in = *state_;
    const auto no = [&](std::string why) { return in.deny("renewal", asked.name, {false, std::move(why)}, by); };
    PG_TRY(const auto known, in.things.find(asked.name));
    if (!known) return no("it is not known here");
    if (auto why = shut_out(*known, known->given.is)) return no(*std::move(why));
    PG_TRY(const auto old, in.certificates.find(asked.with));
    if (!old || old->given.name != asked.name) return no("this certificate is not known here");
    if (old->state != certificate_state::current) return no("this certificate was renewed or revoked before");
    PG_TRY(const auto all, in.certificates.of(asked.name));
    if (is_compromised(all, asked.key)) return no(compromised);
    PG_TRY(auto made, make(known->given.is));
    made.name = asked.name;
    made.key = asked.key;
    PG_TRY(auto out, in.give(made, by));
    PG_TRY_VOID(in.supersede(*old, by.at + asked.grace, by));
    return answer(std::move(out));
  });
}

}  // namespace perigee::control::registry
