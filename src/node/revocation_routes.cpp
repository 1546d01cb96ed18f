#include "node/revocation_routes.hpp"

#include <boost/json.hpp>

#include "api/json_answer.hpp"
#include "base/identity_limits.hpp"
#include "crypto/base64.hpp"
#include "identity/ocsp.hpp"

namespace perigee::node {
namespace {

namespace json = boost::json;
namespace registry = control::registry;
using api::answer;
using api::request;
using state = identity::certificate_status::state;

constexpr std::string_view ocsp_type = "application/ocsp-response";
constexpr auto ocsp_good_for = std::chrono::hours(1);

json::object to_json(const control::revocation::list_state& one, timestamp now) {
  return {{"issuer", one.issuer},
          {"subject", one.subject},
          {"number", one.terms.number},
          {"revoked", one.revoked},
          {"made", api::time_or_null(one.terms.this_update)},
          {"next", api::time_or_null(one.terms.next_update)},
          {"age_s", age_seconds(one, now)}};
}

answer show_lists(const revocations& known) {
  json::array all;
  const auto now = clock::wall();
  for (const auto& one : known.states()) all.push_back(to_json(one, now));
  return api::json_answer({{"revocations", std::move(all)}});
}

answer give_list(const revocations& known, const request& asked) {
  const auto list = known.list_of(asked.captured.front());
  if (list.empty()) return api::problem(404, "There is no list of this issuer here.");
  return {.status = 200, .type = "application/pkix-crl", .body = std::string(as_text(list))};
}

/// What is not known here was issued before the registry, or by somebody who has the key.
identity::certificate_status status_of(registry::registry& in, const registry::certificate_id& id) {
  const auto found = in.find(id);
  if (!found) return {};
  if (found->state == registry::certificate_state::revoked) return {state::revoked, found->at, found->reason};
  const auto owner = in.find(found->given.name);
  if (owner && owner->stage.now == registry::lifecycle::suspended) {
    return {state::revoked, owner->changed, identity::revocation_reason::certificate_hold};
  }
  return {state::good};
}

io::task<answer> ask_ocsp(things& of, std::shared_ptr<const issuing_site> by, byte_buffer body) {
  things::work<byte_buffer> work = [by = by->now,
                                    body = std::move(body)](registry::registry& in) -> registry::outcome<byte_buffer> {
    const auto issuer = by->issuing.own().facts().subject_key_id;
    const auto look_up = [&](std::string_view serial) { return status_of(in, {issuer, std::string(serial)}); };
    const auto now = clock::wall();
    auto made = identity::answer_ocsp(by->issuing, body, look_up, {now, now + ocsp_good_for});
    if (!made) return fail(errc::io, made.error().what);
    return *std::move(made);
  };
  PG_CO_TRY(const auto made, co_await of.ask<byte_buffer>(std::move(work)));
  if (!made) co_return api::problem(503, "The status of certificates cannot be told now.");
  co_return answer{.status = 200, .type = ocsp_type, .body = std::string(as_text(*made))};
}

}  // namespace

api::routes revocation_routes(const revocations& known) {
  const auto issuer =
      api::text_parameter("issuer", "its key identifier, in hexadecimal", 40).within(api::parameter::place::path);
  return {{"GET",
           "/api/v1/revocations",
           api::at_once([&known](const auto&) { return show_lists(known); }),
           api::access::known_peer,
           {"Which authorities' revocations are known, and how old they are",
            {},
            "{revocations:[{issuer:text,subject:text,number:whole,revoked:whole,made:time,next:time,age_s:number}]}"}},
          {"GET",
           "/crl/{issuer}",
           api::at_once([&known](const auto& asked) { return give_list(known, asked); }),
           api::access::anybody,
           {"The list of what an authority has revoked (RFC 5280 5)", {issuer}, "application/pkix-crl"}}};
}

api::routes ocsp_routes(things& of, std::shared_ptr<const issuing_site> by) {
  const auto encoded =
      api::text_parameter("request", "the OCSP request in base64", 2 * limits::identity_ocsp_request_bytes_max)
          .within(api::parameter::place::path);
  const api::handler ask = [&of, by](request asked) { return ask_ocsp(of, by, to_buffer(as_bytes(asked.body))); };
  const api::handler ask_encoded = [&of, by](request asked) {
    // What is no base64 is no request either, and is answered as one that is malformed.
    return ask_ocsp(of, by, crypto::from_base64(asked.captured.front(), crypto::padding::with).value_or(byte_buffer()));
  };
  return {{"POST",
           "/ocsp",
           ask,
           api::access::anybody,
           {"Whether certificates are revoked (RFC 6960)",
            {},
            ocsp_type,
            200,
            "application/ocsp-request",
            limits::identity_ocsp_request_bytes_max}},
          {"GET",
           "/ocsp/{request}",
           ask_encoded,
           api::access::anybody,
           {"The same with the request in the path (RFC 6960 A.1)", {encoded}, ocsp_type}}};
}

}  // namespace perigee::node
