#include "node/people_routes.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <format>
#include <ranges>

#include "access/credential.hpp"
#include "api/awaited.hpp"
#include "api/json_answer.hpp"
#include "api/name_page.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "node/process.hpp"

namespace perigee::node {
namespace {

namespace json = boost::json;
using api::answer;
using api::problem;
using api::problem_details;
using api::request;
using place = api::parameter::place;

constexpr std::int64_t name_bytes_max = limits::config_name_bytes_max;

/// What the routes work with.
struct desk {
  io::shard& on;
  people& all;
  api::sessions& signed_in;
};

problem_details no_user(std::string_view name) {
  return {.status = 404,
          .title = "There is no such user.",
          .type = "/problems/not-found",
          .detail = std::format("the user file has no '{}'", name)};
}

problem_details wrong(std::string field, std::string detail, std::string right = {}) {
  return {.status = 400,
          .title = "A parameter is wrong.",
          .type = "/problems/parameter",
          .detail = std::format("{}: {}", field, detail),
          .field = std::move(field),
          .right = std::move(right)};
}

problem_details conflict(std::string_view type, std::string_view title, std::string detail, std::string right = {}) {
  return {.status = 409, .title = title, .type = type, .detail = std::move(detail), .right = std::move(right)};
}

json::object to_json(const access::token& one, const people& all) {
  json::array scopes(one.scopes.begin(), one.scopes.end());
  if (scopes.empty()) scopes.emplace_back(access::mqtt_scope);
  return {{"name", one.name},
          {"scopes", std::move(scopes)},
          {"expires", api::time_or_null(one.expires.value_or(timestamp{}))},
          {"last_used", api::text_or_null(all.last_use(one).value_or(""))}};
}

json::object to_json(const access::user& one, const people& all) {
  json::array tokens;
  for (const auto& each : one.tokens) tokens.push_back(to_json(each, all));
  const auto role = role_of(one);
  return {{"name", one.name},
          {"role", role == api::role::none ? json::value() : json::value(name_of(role))},
          {"groups", json::array(one.groups.begin(), one.groups.end())},
          {"thing", api::text_or_null(one.thing)},
          {"disabled", one.disabled},
          {"password", one.password.has_value()},
          {"scram", one.scram.has_value()},
          {"tokens", std::move(tokens)}};
}

answer list_users(const desk& at, const request& asked) {
  std::vector<const access::user*> by_name;
  if (const auto* list = at.all.list()) {
    for (const auto& each : list->all()) by_name.push_back(&each);
  }
  std::ranges::sort(by_name, {}, &access::user::name);
  api::name_page out("users", asked);
  for (const auto* each : by_name) {
    if (!out.add({each->name}, [&] { return to_json(*each, at.all); })) break;
  }
  return out.finish();
}

answer show_user(const desk& at, const request& asked) {
  const auto* list = at.all.list();
  const auto* found = list == nullptr ? nullptr : list->find(asked.captured.front());
  return found == nullptr ? problem(no_user(asked.captured.front())) : api::json_answer(to_json(*found, at.all));
}

using said = std::function<answer(const access::user& becomes)>;

/// The user file with this change, and what `say` makes of it.
io::task<answer> edit(desk at, std::string name, people::change made, said say) {
  auto how = co_await api::ask<people::outcome>(
      at.on, [&](auto done) { at.all.edit(name, std::move(made), std::move(done)); });
  if (!how) co_return std::unexpected(how.error());
  co_return *how ? say(**how) : problem(how->error());
}

/// The same of a user who must be there.
io::task<answer> edit_known(desk at, const request& asked, std::function<people::outcome(access::user)> made,
                            said say) {
  const auto name = asked.captured.front();
  const auto known = [name, made = std::move(made)](const access::user* before) -> people::outcome {
    return before == nullptr ? std::unexpected(no_user(name)) : made(*before);
  };
  co_return co_await edit(at, name, known, std::move(say));
}

std::optional<problem_details> take_groups(const request& asked, access::user& into) {
  if (!asked.given.has("groups")) return std::nullopt;
  into.groups.clear();
  for (const auto each : asked.given.texts("groups")) {
    if (!access::is_user_name(each)) {
      return wrong("groups", std::format("'{}' is no name", each), "letters, digits, '-', '_', '@' and '.'");
    }
    into.groups.emplace_back(each);
  }
  if (into.groups.size() <= limits::access_groups_max) return std::nullopt;
  return wrong("groups", std::format("{} are too many", into.groups.size()),
               std::format("{} at most", limits::access_groups_max));
}

/// What the body says of a user, over what is there.
std::optional<problem_details> take_changes(const request& asked, access::user& into) {
  if (auto refused = take_groups(asked, into)) return refused;
  if (const auto thing = asked.given.text("thing")) {
    if (!thing->empty() && !access::is_user_name(*thing)) {
      return wrong("thing", "it is no name", "letters, digits, '-', '_' and '.'");
    }
    into.thing = *thing;
  }
  if (const auto disabled = asked.given.text("disabled")) into.disabled = *disabled == "true";
  return std::nullopt;
}

io::task<answer> add_user(desk at, request asked) {
  access::user made{.name = std::string(*asked.given.text("name"))};
  if (!access::is_user_name(made.name)) {
    co_return problem(wrong("name", "it is no user's name", "letters, digits, '-', '_', '@' and '.', not '.' first"));
  }
  if (const auto refused = take_changes(asked, made)) co_return problem(*refused);
  const auto add = [made](const access::user* before) -> people::outcome {
    if (before == nullptr) return made;
    return std::unexpected(
        conflict("/problems/exists", "The name is taken.", std::format("the user file has a '{}'", made.name)));
  };
  log::info("api", "the user '{}' is to be added by {}", made.name, asked.who.text());
  co_return co_await edit(at, made.name, add,
                          [at](const auto& one) { return api::json_answer(to_json(one, at.all), 201); });
}

io::task<answer> change_user(desk at, request asked) {
  const auto change = [asked](access::user one) -> people::outcome {
    if (auto refused = take_changes(asked, one)) return std::unexpected(*std::move(refused));
    return one;
  };
  log::info("api", "the user '{}' is to be changed by {}", asked.captured.front(), asked.who.text());
  co_return co_await edit_known(at, asked, change,
                                [at](const auto& one) { return api::json_answer(to_json(one, at.all)); });
}

io::task<answer> remove_user(desk at, request asked) {
  const auto& name = asked.captured.front();
  if (const auto* list = at.all.list(); list != nullptr && list->find(name) == nullptr)
    co_return problem(no_user(name));
  log::info("api", "the user '{}' is to be removed by {}", name, asked.who.text());
  co_return co_await edit(at, name, {}, [](const auto&) { return answer{.status = 204}; });
}

answer invite(const desk& at, const request& asked) {
  const auto& name = asked.captured.front();
  const auto* list = at.all.list();
  const auto* found = list == nullptr ? nullptr : list->find(name);
  if (found == nullptr) return problem(no_user(name));
  if (role_of(*found) == api::role::none) {
    return problem(conflict("/problems/state", "This user may not use the page.",
                            found->disabled ? "it is disabled" : "it is in no group that has a role",
                            "the group \"viewers\", \"operators\" or \"admins\""));
  }
  const auto made = at.signed_in.invite(name, clock::wall());
  log::info("api", "a link for '{}' is made by {}", name, asked.who.text());
  return api::json_answer(json::object{{"token", made.text}, {"expires", api::time_or_null(made.expires)}}, 201);
}

io::task<answer> add_token(desk at, request asked) {
  PG_CO_TRY(const auto random, random_bytes());
  const auto secret = access::make_token(random);
  access::token made{.name = std::string(*asked.given.text("label")), .digest = access::digest_of_token(secret)};
  if (!access::is_user_name(made.name)) co_return problem(wrong("label", "it is no token's name", "as a user's"));
  if (const auto life = asked.given.duration("expires")) made.expires = clock::wall() + *life;
  for (const auto each : asked.given.texts("scopes")) made.scopes.emplace_back(each);
  const auto add = [made](access::user one) -> people::outcome {
    if (std::ranges::contains(one.tokens, made.name, &access::token::name)) {
      return std::unexpected(conflict("/problems/exists", "The name is taken.",
                                      std::format("'{}' has a token '{}'", one.name, made.name)));
    }
    if (one.tokens.size() >= limits::access_tokens_max) {
      return std::unexpected(conflict("/problems/full", "The user has too many tokens.",
                                      std::format("{} are the most", limits::access_tokens_max)));
    }
    one.tokens.push_back(made);
    return one;
  };
  log::info("api", "a token '{}' of '{}' is to be made by {}", made.name, asked.captured.front(), asked.who.text());
  co_return co_await edit_known(at, asked, add, [at, made, secret](const auto&) {
    auto out = to_json(made, at.all);
    out["token"] = secret;
    return api::json_answer(out, 201);
  });
}

io::task<answer> remove_token(desk at, request asked) {
  const auto remove = [token = asked.captured.back()](access::user one) -> people::outcome {
    if (std::erase_if(one.tokens, [&](const auto& each) { return each.name == token; }) != 0) return one;
    return std::unexpected(problem_details{.status = 404,
                                           .title = "There is no such token.",
                                           .type = "/problems/not-found",
                                           .detail = std::format("'{}' has no token '{}'", one.name, token)});
  };
  log::info("api", "the token '{}' of '{}' is to be removed by {}", asked.captured.back(), asked.captured.front(),
            asked.who.text());
  co_return co_await edit_known(at, asked, remove, [](const auto&) { return answer{.status = 204}; });
}

// The table

constexpr std::string_view token_members = "name:text,scopes:[text],expires:time?,last_used:text?";

std::string user_notation() {
  return std::format(
      "{{name:text,role:viewer|operator|admin?,groups:[text],thing:text?,disabled:bool,password:bool,"
      "scram:bool,tokens:[{{{}}}]}}",
      token_members);
}
const auto shape = user_notation();
const auto list_shape = "{users:[" + shape + "],next:text?}";
const auto token_shape = std::format("{{{},token:text}}", token_members);

std::vector<api::parameter> with_changes(std::vector<api::parameter> before) {
  before.push_back(
      api::text_parameter("groups", "names; \"viewers\", \"operators\" and \"admins\" are roles", name_bytes_max)
          .many()
          .within(place::body));
  before.push_back(
      api::text_parameter("thing", "what ${thing} stands for in the policy", name_bytes_max).within(place::body));
  before.push_back(
      api::choice_parameter("disabled", "whether nothing lets the user in", {"true", "false"}).within(place::body));
  return before;
}

api::parameter scopes_parameter() {
  auto out = api::text_parameter("scopes", "what it is for; \"mqtt\" where there is none").many().within(place::body);
  out.is = api::parameter::kind::choice;
  out.words.assign(access::token_scopes().begin(), access::token_scopes().end());
  return out;
}

}  // namespace

api::routes people_routes(io::shard& on, people& all, api::sessions& signed_in) {
  constexpr auto to = api::access::admins;
  const desk at{on, all, signed_in};
  const std::string path = "/api/v1/users";
  const auto one = path + "/{name}";
  const auto name = api::text_parameter("name", "of the user", name_bytes_max);
  const auto of = name.within(place::path);
  const auto label = api::text_parameter("token", "what it is called", name_bytes_max).within(place::path);
  const auto by = [at](auto work) { return [at, work](request asked) { return work(at, std::move(asked)); }; };
  const auto at_once = [at](auto make) {
    return api::at_once([at, make](const request& asked) { return make(at, asked); });
  };
  return {
      {"GET", path, at_once(list_users), to, {"Users by name", api::with_page({}), list_shape}},
      {"POST", path, by(add_user), to, {"Add a user", with_changes({name.within(place::body).needed()}), shape, 201}},
      {"GET", one, at_once(show_user), to, {"One user", {of}, shape}},
      {"PATCH", one, by(change_user), to, {"Change a user", with_changes({of}), shape}},
      {"DELETE", one, by(remove_user), to, {"Remove a user", {of}, "", 204}},
      {"POST",
       one + "/link",
       at_once(invite),
       to,
       {"Make a one-time link, for a user to choose a password", {of}, "{token:text,expires:time}", 201}},
      {"POST",
       one + "/tokens",
       by(add_token),
       to,
       {"Make a token of a user; it is told once",
        {of, api::text_parameter("label", "what it is called", name_bytes_max).within(place::body).needed(),
         scopes_parameter(), api::duration_parameter("expires", "from now on; absent: never").within(place::body)},
        token_shape,
        201}},
      {"DELETE", one + "/tokens/{token}", by(remove_token), to, {"Remove a token of a user", {of, label}, "", 204}},
  };
}

}  // namespace perigee::node
