#include <utility>

#include "access/credential.hpp"
#include "base/identity_limits.hpp"
#include "control/registry/detail/state.hpp"

namespace perigee::control::registry {
namespace {

constexpr const char* no_token = "There is no token of this name.";

}  // namespace

outcome<token> registry::add(const new_token& made, const actor& by) {
  return state_->whole([&]() -> outcome<token> {
    if (auto fault = fault_of(made, by.at)) return std::unexpected(std::move(*fault));
    PG_TRY(const auto named, state_->tokens.find(made.id));
    PG_TRY(const auto same, state_->tokens.find_by(made.secret));
    if (named || same) return std::unexpected(taken("id", "there is this token already"));
    PG_TRY(auto held, state_->tokens.count());
    if (held >= limits::registry_tokens_max) {
      PG_TRY_VOID(state_->tokens.drop_one_ended(by.at));
      PG_TRY(held, state_->tokens.count());
    }
    if (held >= limits::registry_tokens_max) {
      return std::unexpected(refusal(errc::full, "There are as many tokens as can be.", {},
                                     std::format("{} can still be used", held), "revoke some first"));
    }
    token out{.given = made, .created = by.at, .by = by.who, .uses_left = made.uses, .revoked = {}};
    PG_TRY_VOID(state_->tokens.insert(out));
    PG_TRY_VOID(state_->audit.add("token made", made.id, by));
    return out;
  });
}

outcome<std::vector<token>> registry::tokens(std::string_view after, std::size_t limit) {
  return state_->tokens.list(after, limit);
}

outcome<token> registry::revoke_token(std::string_view id, const actor& by) {
  return state_->whole([&]() -> outcome<token> {
    PG_TRY(auto found, state_->tokens.find(id));
    if (!found) return std::unexpected(refusal(errc::not_found, no_token));
    if (found->revoked != timestamp{}) return std::unexpected(against("it is revoked already"));
    PG_TRY_VOID(state_->tokens.revoke(id, by.at));
    PG_TRY_VOID(state_->audit.add("token revoked", id, by));
    found->revoked = by.at;
    return std::move(*found);
  });
}

outcome<> registry::state::take_use(const token& of, const actor& by) {
  PG_TRY_VOID(tokens.take_one_use(of.given.id));
  PG_TRY_VOID(audit.add("token used", of.given.id, by));
  return {};
}

/// The file's lock of a writer is held from before the look until after the change: so the last use is one's alone.
outcome<std::expected<token, token_refusal>> registry::use(std::string_view secret, purpose wanted,
                                                           std::string_view name, const actor& by) {
  using answer = std::expected<token, token_refusal>;
  return state_->whole([&]() -> outcome<answer> {
    PG_TRY(auto found, state_->tokens.find_by(access::digest_of_token(secret)));
    auto unfit_for = found ? unfit(*found, wanted, name, by.at) : std::optional(token_refusal::unknown);
    if (unfit_for) {
      auto why = by;
      why.why = sentence_of(*unfit_for);
      PG_TRY_VOID(state_->audit.add("token used", found ? std::string_view(found->given.id) : name, why, true));
      return answer(std::unexpected(*unfit_for));
    }
    PG_TRY_VOID(state_->take_use(*found, by));
    --found->uses_left;
    return answer(std::move(*found));
  });
}

}  // namespace perigee::control::registry
