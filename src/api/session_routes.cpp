#include "api/session_routes.hpp"

#include <format>

#include "api/awaited.hpp"
#include "api/doorkeeper.hpp"
#include "api/json_answer.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"

namespace perigee::api {
namespace {

answer token_used() {
  return problem({.status = 401,
                  .title = "This link was used already, or is too old, or is none of this node's.",
                  .type = "/problems/token-used",
                  .right = "`perigee page` prints a new one"});
}

answer wrong_password() {
  return problem({.status = 401,
                  .title = "The name and the password do not belong together.",
                  .type = "/problems/wrong-password"});
}

answer no_session() {
  return problem({.status = 401,
                  .title = "You are not signed in, or no longer.",
                  .type = "/problems/no-session",
                  .right = "`perigee page` prints a link that signs in"});
}

answer refusal_of(password_verdict v) {
  switch (v) {
    case password_verdict::right:
    case password_verdict::wrong: return wrong_password();
    case password_verdict::no_role:
      return problem({.status = 403,
                      .title = "This user may not use the page.",
                      .type = "/problems/role",
                      .right = "a user of the group \"viewers\", \"operators\" or \"admins\" in the user file"});
    case password_verdict::try_later: break;
  }
  return refuse_guesser();
}

/// The link is good, and waits for a password.
answer choose_password(const std::string& user) {
  return problem({.status = 409,
                  .title = "Choose a password.",
                  .type = "/problems/choose-password",
                  .detail = std::format("this link is for {} to choose a password", user),
                  .right = R"({"token":"...","password":"..."})",
                  .user = user});
}

answer unfit_password(std::string why) {
  return problem({.status = 400,
                  .title = "This password is not taken.",
                  .type = "/problems/parameter",
                  .detail = std::move(why),
                  .field = "password"});
}

answer not_kept(const error& why) {
  return problem({.status = 409,
                  .title = "The user file could not be changed.",
                  .type = "/problems/user-file",
                  .detail = why.what});
}

boost::json::object to_json(const session& s, role as) {
  return {{"user", s.user}, {"role", name_of(as)}, {"expires", time_or_null(s.expires)}, {"csrf", s.csrf}};
}

/// RFC 6265 4.1; `key` empty: the browser forgets it.
std::string cookie_of(const sessions& of, std::string_view key, bool secure) {
  return std::format("{}={}; Path=/; HttpOnly; SameSite=Strict{}{}", of.cookie(), key, secure ? "; Secure" : "",
                     key.empty() ? "; Max-Age=0" : "");
}

/// What the routes work with.
struct desk {
  io::shard& on;
  sessions& all;
  people_port& people;
};

answer welcome(const desk& at, const sessions::opened& opened, const request& asked) {
  at.people.succeeded(asked.who.address);
  at.all.close(asked.session);  // nobody goes on with a cookie that was there before the proof
  log::info("api", "{} signed in from {}", opened.what.user, asked.who.address);
  auto out = json_answer(to_json(opened.what, role_of(opened.what, &at.people)), 201);
  out.headers.emplace_back("Set-Cookie", cookie_of(at.all, opened.key, asked.secure));
  out.name = opened.what.user;
  return out;
}

/// By a link: of the node's own, or for a user to choose a password.
io::task<answer> sign_in_by_token(desk at, request asked) {
  if (at.people.must_wait(asked.who.address)) co_return refuse_guesser();
  const std::string token(*asked.given.text("token"));
  const auto invited = at.all.find_invitation(token, clock::wall());
  const bool is_good = invited && (invited->user.empty() || at.people.role_of(invited->user) != role::none);
  if (!is_good) {
    at.people.failed(asked.who.address);
    co_return token_used();
  }
  if (const auto opened = at.all.redeem(token, clock::wall())) co_return welcome(at, *opened, asked);
  const auto given = asked.given.text("password");
  if (!given) co_return choose_password(invited->user);
  const std::string password(*given);
  if (auto why = at.people.unfit_password(invited->user, password); !why.empty()) co_return unfit_password(why);
  at.all.spend(token);
  const auto kept =
      co_await ask<void>(at.on, [&](auto done) { at.people.set_password(invited->user, password, std::move(done)); });
  if (!kept && is(kept.error(), errc::cancelled)) co_return std::unexpected(kept.error());
  if (!kept) {
    at.all.give_back(token, *invited);
    co_return not_kept(kept.error());
  }
  at.all.close_users([&](std::string_view user) { return user != invited->user; });
  co_return welcome(at, at.all.open(invited->user, clock::wall()), asked);
}

io::task<answer> sign_in(desk at, request asked) {
  if (asked.given.text("token")) co_return co_await sign_in_by_token(at, std::move(asked));
  const auto user = asked.given.text("user");
  const auto password = asked.given.text("password");
  if (!user || !password) {
    co_return problem({.status = 400,
                       .title = "A parameter is wrong.",
                       .type = "/problems/parameter",
                       .detail = "there is neither a token nor a user with a password",
                       .field = user ? "password" : "token",
                       .right = "{\"token\":\"...\"} or {\"user\":\"...\",\"password\":\"...\"}"});
  }
  PG_CO_TRY(const auto verdict, co_await ask<password_verdict>(at.on, [&](auto done) {
              at.people.check(std::string(*user), std::string(*password), asked.who.address, std::move(done));
            }));
  if (verdict != password_verdict::right) co_return refusal_of(verdict);
  co_return welcome(at, at.all.open(*user, clock::wall()), asked);
}

answer show(const desk& at, const request& asked) {
  const auto found = at.all.use(asked.session, clock::wall());
  const auto as = found ? role_of(*found, &at.people) : role::none;
  if (as != role::none) return json_answer(to_json(*found, as));
  at.all.close(asked.session);
  return no_session();
}

answer sign_out(const desk& at, const request& asked) {
  answer out{.status = 204};
  if (const auto found = at.all.use(asked.session, clock::wall())) {
    log::info("api", "{} signed out", found->user);
    out.name = found->user;
  }
  at.all.close(asked.session);
  out.headers.emplace_back("Set-Cookie", cookie_of(at.all, {}, asked.secure));
  return out;
}

answer make_token(sessions& all) {
  const auto made = all.make_token(clock::wall());
  return json_answer(boost::json::object{{"token", made.text}, {"expires", time_or_null(made.expires)}}, 201);
}

}  // namespace

routes session_routes(io::shard& on, sessions& all, people_port& people) {
  constexpr auto body = parameter::place::body;
  constexpr std::string_view shape = "{user:text,role:viewer|operator|admin,expires:time,csrf:text}";
  const std::string path = "/api/v1/session";
  const auto password_bytes_max = static_cast<std::int64_t>(limits::access_password_bytes_max);
  const desk at{on, all, people};
  return {
      {"POST",
       path,
       [at](request asked) { return sign_in(at, std::move(asked)); },
       access::anybody,
       {"Sign in, with a one-time token or as a user",
        {text_parameter("token", "of a link that `perigee page` or `perigee user link` printed", 128).within(body),
         text_parameter("user", "of the node's user file").within(body),
         text_parameter("password", "the user's; beside the token of a user's link, the one to be", password_bytes_max)
             .within(body)},
        shape,
        201}},
      {"GET",
       path,
       at_once([at](const request& asked) { return show(at, asked); }),
       access::anybody,
       {"Who is signed in", {}, shape}},
      {"DELETE",
       path,
       at_once([at](const request& asked) { return sign_out(at, asked); }),
       access::anybody,
       {"Sign out", {}, {}, 204}},
      {"POST",
       path + "/tokens",
       at_once([&all](const request&) { return make_token(all); }),
       access::admins,
       {"Make a one-time token for a link", {}, "{token:text,expires:time}", 201}},
  };
}

}  // namespace perigee::api
