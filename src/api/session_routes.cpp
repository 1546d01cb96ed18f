#include "api/session_routes.hpp"

#include <format>

#include "api/doorkeeper.hpp"
#include "api/json_answer.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "io/timer.hpp"

namespace perigee::api {
namespace {

answer token_used() {
  return problem({.status = 401,
                  .title = "This link was used already, or is older than ten minutes, or is none of this node's.",
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
    case password_verdict::no_operator:
      return problem({.status = 403,
                      .title = "This user may not operate the node.",
                      .type = "/problems/no-operator",
                      .right = "a user of the group \"operators\" in the user file"});
    case password_verdict::try_later: break;
  }
  auto out = problem({.status = 429, .title = "It failed too often; wait a minute.", .type = "/problems/too-often"});
  out.headers.emplace_back("Retry-After", "60");
  return out;
}

boost::json::object to_json(const session& s) {
  return {{"user", s.user}, {"expires", time_or_null(s.expires)}, {"csrf", s.csrf}};
}

/// RFC 6265 4.1; `key` empty: the browser forgets it.
std::string cookie_of(const sessions& of, std::string_view key, bool secure) {
  return std::format("{}={}; Path=/; HttpOnly; SameSite=Strict{}{}", of.cookie(), key, secure ? "; Secure" : "",
                     key.empty() ? "; Max-Age=0" : "");
}

answer welcome(const sessions& all, const sessions::opened& opened, const request& asked) {
  log::info("api", "{} signed in from {}", opened.what.user, asked.who.address);
  auto out = json_answer(to_json(opened.what), 201);
  out.headers.emplace_back("Set-Cookie", cookie_of(all, opened.key, asked.secure));
  out.name = opened.what.user;
  return out;
}

/// A verdict on its way, which may come when nobody waits any more.
struct pending {
  explicit pending(io::shard& on) : there(on) {}
  io::event there;
  password_verdict what = password_verdict::try_later;
};

io::task<answer> sign_in(io::shard& on, sessions& all, password_port* passwords, request asked) {
  if (const auto token = asked.given.text("token")) {
    const auto opened = all.redeem(*token, clock::wall());
    co_return opened ? welcome(all, *opened, asked) : token_used();
  }
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
  if (passwords == nullptr) co_return wrong_password();
  const auto waiting = std::make_shared<pending>(on);
  passwords->check(std::string(*user), std::string(*password), asked.who.address, [waiting](password_verdict v) {
    waiting->what = v;
    waiting->there.notify();
  });
  PG_CO_TRY_VOID(co_await waiting->there.wait());
  if (waiting->what != password_verdict::right) co_return refusal_of(waiting->what);
  const auto opened = all.open(*user, clock::wall());
  co_return welcome(all, opened, asked);
}

answer show(sessions& all, const request& asked) {
  const auto found = all.use(asked.session, clock::wall());
  return found ? json_answer(to_json(*found)) : no_session();
}

answer sign_out(sessions& all, const request& asked) {
  if (const auto found = all.use(asked.session, clock::wall())) log::info("api", "{} signed out", found->user);
  all.close(asked.session);
  answer out{.status = 204};
  out.headers.emplace_back("Set-Cookie", cookie_of(all, {}, asked.secure));
  return out;
}

answer make_token(sessions& all) {
  const auto made = all.make_token(clock::wall());
  return json_answer(boost::json::object{{"token", made.text}, {"expires", time_or_null(made.expires)}}, 201);
}

}  // namespace

routes session_routes(io::shard& on, sessions& all, password_port* passwords) {
  constexpr auto body = parameter::place::body;
  constexpr std::string_view shape = "{user:text,expires:time,csrf:text}";
  const std::string path = "/api/v1/session";
  const auto password_bytes_max = static_cast<std::int64_t>(limits::access_password_bytes_max);
  return {
      {"POST",
       path,
       [&on, &all, passwords](request asked) { return sign_in(on, all, passwords, std::move(asked)); },
       access::anybody,
       {"Sign in, with a one-time token or as a user",
        {text_parameter("token", "of a link that `perigee page` printed", 128).within(body),
         text_parameter("user", "of the node's user file").within(body),
         text_parameter("password", "the user's", password_bytes_max).within(body)},
        shape,
        201}},
      {"GET",
       path,
       at_once([&all](const request& asked) { return show(all, asked); }),
       access::anybody,
       {"Who is signed in", {}, shape}},
      {"DELETE",
       path,
       at_once([&all](const request& asked) { return sign_out(all, asked); }),
       access::anybody,
       {"Sign out", {}, {}, 204}},
      {"POST",
       path + "/tokens",
       at_once([&all](const request&) { return make_token(all); }),
       access::operators,
       {"Make a one-time token for a link", {}, "{token:text,expires:time}", 201}},
  };
}

}  // namespace perigee::api
