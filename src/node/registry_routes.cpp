#include "node/registry_routes.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>

#include "access/credential.hpp"
#include "api/json_answer.hpp"
#include "base/identity_limits.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "control/registry/import.hpp"
#include "io/timer.hpp"
#include "node/process.hpp"
#include "node/registry_answers.hpp"
#include "node/registry_json.hpp"

namespace perigee::node {
namespace {

namespace json = boost::json;
namespace registry = control::registry;
using api::answer;
using api::request;
using place = api::parameter::place;

constexpr std::int64_t name_bytes_max = limits::identity_name_bytes_max;
constexpr nanoseconds token_life = std::chrono::hours(1);
constexpr nanoseconds token_life_max = std::chrono::days(366);

// Things

io::task<answer> list_things(things& of, request asked) {
  const auto most = limit_of(asked);
  registry::selection which{.after = text_of(asked, "after"), .limit = most + 1, .group = text_of(asked, "group")};
  if (const auto in = asked.given.text("lifecycle")) which.in = registry::lifecycle_of(*in);
  if (const auto is = asked.given.text("kind")) which.is = registry::kind_of(*is);
  using rows = std::vector<registry::thing>;
  co_return co_await tell<rows>(
      of, [which](registry::registry& in) { return in.list(which); },
      [most](const rows& found) {
        return page_of(
            "things", found, most, [](const auto& one) { return to_json(one); },
            [](const auto& one) { return one.given.name; });
      });
}

io::task<answer> add_thing(things& of, request asked) {
  registry::new_thing made{.name = text_of(asked, "name"), .serial_number = text_of(asked, "serial_number")};
  made.is = registry::kind_of(*asked.given.text("kind")).value_or(registry::kind::device);
  for (const auto group : asked.given.texts("groups")) made.groups.emplace_back(group);
  for (const auto& [name, value] : asked.given.entries("attributes")) {
    if (value) made.attributes.emplace(name, *value);
  }
  co_return co_await tell<registry::thing>(
      of, [made, by = actor_of(asked)](registry::registry& in) { return in.add(made, by); },
      [](const auto& one) { return to_json(one); }, 201);
}

struct thing_shown {
  registry::thing one;
  std::vector<registry::audit_row> history;
};

registry::outcome<thing_shown> look_at(registry::registry& in, const std::string& name) {
  PG_TRY(auto one, in.find(name));
  PG_TRY(auto history, in.audit(name, limits::registry_audit_shown_max));
  return thing_shown{std::move(one), std::move(history)};
}

io::task<answer> show_thing(things& of, request asked) {
  co_return co_await tell<thing_shown>(
      of, [name = asked.captured.front()](registry::registry& in) { return look_at(in, name); },
      [](const thing_shown& found) {
        auto out = to_json(found.one);
        json::array history;
        for (const auto& each : found.history) history.push_back(to_json(each));
        out["history"] = std::move(history);
        return out;
      });
}

io::task<answer> change_thing(things& of, request asked) {
  registry::patch what;
  if (asked.given.has("groups")) {
    what.groups.emplace();
    for (const auto group : asked.given.texts("groups")) what.groups->emplace_back(group);
  }
  for (const auto& [name, value] : asked.given.entries("attributes")) {
    what.attributes[std::string(name)] = value ? std::optional<std::string>(*value) : std::nullopt;
  }
  co_return co_await tell<registry::thing>(
      of,
      [what, name = asked.captured.front(), by = actor_of(asked)](registry::registry& in) {
        return in.change(name, what, by);
      },
      [](const auto& one) { return to_json(one); });
}

io::task<answer> delete_thing(things& of, request asked) {
  PG_CO_TRY(const auto done, co_await of.ask<void>([name = asked.captured.front(), by = actor_of(asked)](
                                                       registry::registry& in) { return in.remove(name, by); }));
  if (!done) co_return refusal_of(done.error());
  co_return answer{.status = 204};
}

io::task<answer> take_step(things& of, request asked, registry::step taken) {
  log::info("api", "'{}' is to be {} by {}", asked.captured.front(), registry::done_of(taken), asked.who.text());
  co_return co_await tell<registry::thing>(
      of,
      [taken, name = asked.captured.front(), by = actor_of(asked)](registry::registry& in) {
        return in.take(name, taken, by);
      },
      [](const auto& one) { return to_json(one); });
}

using imported = std::expected<std::size_t, std::vector<registry::import_fault>>;

/// The whole file on the registry's worker: it is read, checked and added there.
imported import_things(registry::registry& in, std::string_view csv, const registry::actor& by) {
  auto read = registry::read_things(csv);
  if (!read) return std::unexpected(std::move(read.error()));
  std::vector<registry::new_thing> made;
  made.reserve(read->size());
  for (auto& each : *read) made.push_back(std::move(each.made));
  const auto added = in.add_all(made, by);
  if (added) return *added;
  std::vector<registry::import_fault> faults;
  for (const auto& [index, why] : added.error()) {
    const auto detail = why.detail.empty() ? std::string(why.what) : why.detail;
    faults.push_back({(*read)[index].line, 1, why.field, detail, why.right});
  }
  return std::unexpected(std::move(faults));
}

io::task<answer> import_file(things& of, request asked) {
  PG_CO_TRY(const auto done, co_await of.ask<imported>([csv = std::move(asked.body), by = actor_of(asked)](
                                                           registry::registry& in) -> registry::outcome<imported> {
    return registry::outcome<imported>(std::in_place, import_things(in, csv, by));
  }));
  if (!done) co_return refusal_of(done.error());
  if (!*done) co_return refusal_of(done->error());
  log::info("api", "{} things are imported by {}", **done, asked.who.text());
  co_return api::json_answer(json::object{{"added", **done}}, 201);
}

// Tokens

io::task<answer> list_tokens(things& of, request asked) {
  const auto most = limit_of(asked);
  using rows = std::vector<registry::token>;
  co_return co_await tell<rows>(
      of, [after = text_of(asked, "after"), most](registry::registry& in) { return in.tokens(after, most + 1); },
      [most](const rows& found) {
        return page_of(
            "tokens", found, most, [](const auto& one) { return to_json(one, clock::wall()); },
            [](const auto& one) { return one.given.id; });
      });
}

io::task<answer> make_token(things& of, request asked) {
  const auto life = asked.given.duration("expires").value_or(token_life);
  if (life > token_life_max) {
    co_return refusal_of(registry::refusal(errc::malformed, "A field of the token is wrong.", "expires",
                                           "so long is nothing kept secret", "366d at most"));
  }
  PG_CO_TRY(const auto id, random_token());
  PG_CO_TRY(const auto random, random_token());
  const auto secret = std::string(access::token_prefix) + random;
  constexpr std::size_t id_digits = 12;
  const auto by = actor_of(asked);
  registry::new_token made{.id = id.substr(0, id_digits), .pattern = std::string(*asked.given.text("for"))};
  made.is = registry::purpose_of(*asked.given.text("purpose")).value_or(registry::purpose::join);
  made.expires = by.at + life;
  made.uses = static_cast<std::uint32_t>(*asked.given.whole("uses"));
  made.secret = access::digest_of_token(secret);
  co_return co_await tell<registry::token>(
      of, [made, by](registry::registry& in) { return in.add(made, by); },
      [secret](const auto& one) {
        auto out = to_json(one, clock::wall());
        out["secret"] = secret;
        return out;
      },
      201);
}

io::task<answer> revoke_token(things& of, request asked) {
  co_return co_await tell<registry::token>(
      of,
      [id = asked.captured.front(), by = actor_of(asked)](registry::registry& in) { return in.revoke_token(id, by); },
      [](const auto& one) { return to_json(one, clock::wall()); });
}

// Certificates

/// "ISSUER:SERIAL"
std::optional<registry::certificate_id> certificate_id_in(std::string_view cursor) {
  const auto colon = cursor.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  return registry::certificate_id{std::string(cursor.substr(0, colon)), std::string(cursor.substr(colon + 1))};
}

io::task<answer> list_certificates(things& of, request asked) {
  const auto most = limit_of(asked);
  const registry::certificate_selection which{
      .name = text_of(asked, "thing"), .after = certificate_id_in(text_of(asked, "after")), .limit = most + 1};
  using rows = std::vector<registry::certificate>;
  co_return co_await tell<rows>(
      of, [which](registry::registry& in) { return in.certificates(which); },
      [most](const rows& found) {
        return page_of(
            "certificates", found, most, [](const auto& one) { return to_json(one); },
            [](const auto& one) { return one.given.id.issuer + ":" + one.given.id.serial; });
      });
}

io::task<answer> revoke_certificate(things& of, request asked) {
  const registry::certificate_id id{text_of(asked, "issuer"), asked.captured.front()};
  const auto reason =
      registry::revocation_reason_of(*asked.given.text("reason")).value_or(registry::revocation_reason::unspecified);
  co_return co_await tell<registry::certificate>(
      of, [id, reason, by = actor_of(asked)](registry::registry& in) { return in.revoke(id, reason, by); },
      [](const auto& one) { return to_json(one); });
}

// The table

using work_of = io::task<answer> (*)(things& of, request asked);
api::handler by(things& of, work_of work) {
  return [&of, work](request asked) { return work(of, std::move(asked)); };
}
api::handler by(things& of, registry::step taken) {
  return [&of, taken](request asked) { return take_step(of, std::move(asked), taken); };
}

std::string list_notation(std::string_view name, std::string_view row) {
  return "{" + std::string(name) + ":[" + std::string(row) + "],next:text?}";
}

api::parameter why_of(std::string_view help = "why, for the audit") {
  return api::text_parameter("why", help, limits::registry_why_bytes_max);
}
const auto why = why_of().within(place::body);
const auto name = api::text_parameter("name", "of the thing", name_bytes_max).within(place::path);
const auto groups = api::text_parameter("groups", "names", name_bytes_max).many().within(place::body);
const auto attributes =
    api::map_parameter("attributes", "what else is known of it", limits::registry_attribute_name_bytes_max,
                       limits::registry_attribute_value_bytes_max);
const auto things_notation = list_notation("things", thing_notation);
const auto shown_notation = std::string(thing_notation.substr(0, thing_notation.size() - 1)) +
                            ",history:[{at:time,who:text,from:text?,what:text,why:text?,refused:bool}]}";
const auto tokens_notation = list_notation("tokens", token_notation);
const auto new_token_notation = std::string(token_notation.substr(0, token_notation.size() - 1)) + ",secret:text}";
const auto certificates_notation = list_notation("certificates", certificate_notation);

api::routes thing_routes(things& of) {
  using enum api::access;
  const std::string path = "/api/v1/things";
  const auto kinds = api::choice_parameter("kind", "what it is", {"device", "node"});
  const auto kind = api::choice_parameter("kind", "what it is", {"device", "node"}, "device").within(place::body);
  const auto stages = api::choice_parameter("lifecycle", "where it stands",
                                            {"registered", "provisioned", "active", "suspended", "retired"});
  const auto group = api::text_parameter("group", "those in this group", name_bytes_max);
  const auto serial_number =
      api::text_parameter("serial_number", "the maker's", limits::registry_serial_number_bytes_max).within(place::body);
  const auto new_name = api::text_parameter("name", "1 to 64 letters, digits, '.', '_' or '-'", name_bytes_max)
                            .within(place::body)
                            .needed();
  return {
      {"GET",
       path,
       by(of, list_things),
       viewers,
       {"Things by name", api::with_page({stages, kinds, group}), things_notation}},
      {"POST",
       path,
       by(of, add_thing),
       admins,
       {"Add a thing", {new_name, kind, groups, attributes, serial_number, why}, thing_notation, 201}},
      {"POST",
       path + ":import",
       by(of, import_file),
       admins,
       {"Import things from a CSV file, all or none",
        {why_of()},
        "{added:whole}",
        201,
        "text/csv",
        limits::registry_import_bytes_max}},
      {"GET", path + "/{name}", by(of, show_thing), viewers, {"One thing and its audit", {name}, shown_notation}},
      {"PATCH",
       path + "/{name}",
       by(of, change_thing),
       admins,
       {"Change a thing's groups and attributes", {name, groups, attributes, why}, thing_notation}},
      {"DELETE", path + "/{name}", by(of, delete_thing), admins, {"Forget a thing", {name, why_of()}, "", 204}},
      {"POST",
       path + "/{name}/suspend",
       by(of, registry::step::suspend),
       operators,
       {"Suspend a thing", {name, why}, thing_notation}},
      {"POST",
       path + "/{name}/resume",
       by(of, registry::step::resume),
       operators,
       {"Resume a thing", {name, why}, thing_notation}},
      {"POST",
       path + "/{name}/retire",
       by(of, registry::step::retire),
       admins,
       {"Retire a thing", {name, why}, thing_notation}},
  };
}

api::routes token_routes(things& of) {
  using enum api::access;
  const std::string path = "/api/v1/tokens";
  const auto purpose =
      api::choice_parameter("purpose", "what it is good for", {"join", "enrol", "api", "gateway"}, "join");
  auto whom = api::text_parameter("for", "a name, with '*' where any characters may stand", name_bytes_max);
  whom.initial = "*";
  const auto life = api::duration_parameter("expires", "from now on; an hour where it is absent");
  const auto uses = api::whole_parameter("uses", "how often", 1, limits::registry_token_uses_max, "1");
  const auto id = api::text_parameter("id", "of the token", name_bytes_max).within(place::path);
  const std::vector<api::parameter> asked{purpose.within(place::body), whom.within(place::body),
                                          life.within(place::body), uses.within(place::body), why};
  return {
      {"GET", path, by(of, list_tokens), viewers, {"Tokens by id", api::with_page({}), tokens_notation}},
      {"POST",
       path,
       by(of, make_token),
       admins,
       {"Make a token; its secret is told once", asked, new_token_notation, 201}},
      {"DELETE", path + "/{id}", by(of, revoke_token), admins, {"Revoke a token", {id, why_of()}, token_notation}},
  };
}

api::routes certificate_routes(things& of) {
  using enum api::access;
  const std::string path = "/api/v1/certificates";
  const auto thing = api::text_parameter("thing", "those of this thing", name_bytes_max);
  const auto serial = api::text_parameter("serial", "number, in hexadecimal", 40).within(place::path);
  const auto issuer =
      api::text_parameter("issuer", "its key identifier, where several gave this number", 40).within(place::body);
  const auto reason = api::choice_parameter("reason", "as RFC 5280 5.3.1 has it",
                                            {"unspecified", "keyCompromise", "affiliationChanged", "superseded",
                                             "cessationOfOperation", "privilegeWithdrawn"},
                                            "unspecified")
                          .within(place::body);
  return {
      {"GET",
       path,
       by(of, list_certificates),
       viewers,
       {"Certificates that are known", api::with_page({thing}), certificates_notation}},
      {"POST",
       path + "/{serial}/revoke",
       by(of, revoke_certificate),
       admins,
       {"Revoke a certificate", {serial, issuer, reason, why}, certificate_notation}},
  };
}

}  // namespace

api::routes registry_routes(things& of) {
  auto out = thing_routes(of);
  std::ranges::move(token_routes(of), std::back_inserter(out));
  std::ranges::move(certificate_routes(of), std::back_inserter(out));
  return out;
}

}  // namespace perigee::node
