#include "node/provisioning_routes.hpp"

#include "base/identity_limits.hpp"
#include "base/log.hpp"
#include "control/enrolment/provisioning_template.hpp"
#include "node/enrolment_book.hpp"
#include "node/process.hpp"
#include "node/registry_answers.hpp"

namespace perigee::node {
namespace {

namespace json = boost::json;
namespace registry = control::registry;
using api::answer;
using api::request;
using authority_ptr = std::shared_ptr<const site_authority>;
using place = api::parameter::place;

constexpr nanoseconds claim_life = std::chrono::hours(1);
constexpr std::size_t id_digits = 12;

constexpr std::string_view template_notation =
    "{name:text,body:text,replace:bool,makes_keys:bool,created:time,by:text}";
constexpr std::string_view claim_notation =
    "{name:text,certificateId:text,certificatePem:text,privateKey:text,expires:time}";

json::object to_json(const registry::stored_template& one) {
  return {{"name", one.name},
          {"body", one.body},
          {"replace", one.replaces},
          {"makes_keys", one.makes_keys},
          {"created", api::time_or_null(one.created)},
          {"by", one.by}};
}

io::task<answer> list(things& of, request asked) {
  const auto most = limit_of(asked);
  using rows = std::vector<registry::stored_template>;
  co_return co_await tell<rows>(
      of, [after = text_of(asked, "after"), most](registry::registry& in) { return in.templates(after, most + 1); },
      [most](const rows& found) {
        return page_of(
            "templates", found, most, [](const auto& one) { return to_json(one); },
            [](const auto& one) { return one.name; });
      });
}

io::task<answer> show(things& of, request asked) {
  co_return co_await tell<registry::stored_template>(
      of, [name = asked.captured.front()](registry::registry& in) { return in.find_template(name); },
      [](const auto& one) { return to_json(one); });
}

io::task<answer> add(things& of, request asked) {
  const registry::stored_template made{.name = text_of(asked, "name"),
                                       .body = text_of(asked, "body"),
                                       .replaces = *asked.given.text("serial_number_again") == "replace",
                                       .makes_keys = *asked.given.text("keys") == "node"};
  if (const auto read = control::enrolment::provisioning_template::parse(made.body); !read) {
    co_return refusal_of(registry::refusal(errc::malformed, "The template is not taken.", "body", read.error(),
                                           "the part of AWS's templates that docs/provisioning.md lists"));
  }
  co_return co_await tell<registry::stored_template>(
      of, [made, by = actor_of(asked)](registry::registry& in) { return in.add_template(made, by); },
      [](const auto& one) { return to_json(one); }, 201);
}

io::task<answer> remove(things& of, request asked) {
  things::work<void> work = [name = asked.captured.front(), by = actor_of(asked)](registry::registry& in) {
    return in.remove_template(name, by);
  };
  PG_CO_TRY(const auto done, co_await of.ask<void>(std::move(work)));
  if (!done) co_return refusal_of(done.error());
  co_return answer{.status = 204};
}

struct made_claim {
  identity::certificate certificate;
  std::string key;  // PEM
};

/// The key is made here: a claim is an operator's to hand on, as CreateProvisioningClaim's is.
registry::outcome<made_claim> make_claim(registry::registry& in, const site_authority& by, const std::string& of,
                                         nanoseconds life, const registry::actor& who) {
  PG_TRY(const auto id, random_token());
  PG_TRY(const auto key, identity::private_key::generate(identity::key_kind::p256));
  PG_TRY(auto pem, key.to_pem());
  const auto made = by.issuing.issue(
      key.public_half(), {.as = identity::profile::device, .name = "claim-" + id.substr(0, id_digits), .life = life},
      who.at);
  if (!made)
    return std::unexpected(registry::refusal(errc::malformed, "No claim can be made.", "expires", made.error().what));
  auto row = row_of(*made, "claim");
  row.claim = of;
  row.key = key.public_half().fingerprint();
  PG_TRY_VOID(in.add_claim(row, who));
  return made_claim{*made, std::move(pem)};
}

io::task<answer> claim(things& of, authority_ptr by, request asked) {
  const auto life = asked.given.duration("expires").value_or(claim_life);
  log::info("api", "a claim for '{}' is to be made by {}", asked.captured.front(), asked.who.text());
  co_return co_await tell<made_claim>(
      of,
      [by, life, name = asked.captured.front(), who = actor_of(asked)](registry::registry& in) {
        return make_claim(in, *by, name, life, who);
      },
      [by](const made_claim& made) {
        const auto& facts = made.certificate.facts();
        return json::object{{"name", facts.common_name},
                            {"certificateId", facts.fingerprint},
                            {"certificatePem", made.certificate.to_pem() + identity::to_pem(by->issuing.shown())},
                            {"privateKey", made.key},
                            {"expires", api::time_or_null(facts.not_after)}};
      },
      201);
}

}  // namespace

api::routes provisioning_routes(things& of, std::shared_ptr<const issuing_site> by) {
  using enum api::access;
  const std::string path = "/api/v1/provisioning-templates";
  constexpr std::int64_t name_bytes_max = limits::identity_name_bytes_max;
  const auto why = api::text_parameter("why", "why, for the audit", limits::registry_why_bytes_max).within(place::body);
  const auto name = api::text_parameter("name", "of the template", name_bytes_max).within(place::path);
  const auto new_name = api::text_parameter("name", "of the template", name_bytes_max).within(place::body).needed();
  const auto body =
      api::text_parameter("body", "AWS's JSON", limits::provisioning_template_bytes_max).within(place::body).needed();
  const auto again =
      api::choice_parameter("serial_number_again", "what becomes of a device that is provisioned a second time",
                            {"refuse", "replace"}, "refuse")
          .within(place::body);
  const auto keys =
      api::choice_parameter("keys", "who makes the keys of devices", {"device", "node"}, "device").within(place::body);
  const auto life = api::duration_parameter("expires", "from now on, an hour at least; an hour where it is absent")
                        .within(place::body);
  static const auto list_notation = "{templates:[" + std::string(template_notation) + "],next:text?}";
  const auto with = [&of](io::task<answer> (*work)(things&, request)) {
    return [&of, work](request asked) { return work(of, std::move(asked)); };
  };
  return {
      {"GET", path, with(list), viewers, {"Provisioning templates", api::with_page({}), list_notation}},
      {"POST",
       path,
       with(add),
       admins,
       {"Add a provisioning template", {new_name, body, again, keys, why}, template_notation, 201}},
      {"GET", path + "/{name}", with(show), viewers, {"One template", {name}, template_notation}},
      {"DELETE",
       path + "/{name}",
       with(remove),
       admins,
       {"Remove a template", {name, api::text_parameter("why", "why", limits::registry_why_bytes_max)}, "", 204}},
      {"POST",
       path + "/{name}/claims",
       [&of, by](request asked) { return claim(of, by->now, std::move(asked)); },
       admins,
       {"Make a claim certificate; its key is told once", {name, life, why}, claim_notation, 201}},
  };
}

}  // namespace perigee::node
