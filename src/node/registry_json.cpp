#include "node/registry_json.hpp"

#include <boost/json.hpp>
#include <format>

#include "access/credential.hpp"
#include "api/json_answer.hpp"
#include "base/identity_limits.hpp"

namespace perigee::node {
namespace {

namespace json = boost::json;
namespace registry = control::registry;

std::string_view state_of(const registry::token& one, timestamp now) {
  if (one.revoked != timestamp{}) return "revoked";
  if (one.uses_left == 0) return "used";
  return one.given.expires <= now ? "expired" : "valid";
}

struct kind_of_refusal {
  unsigned status;
  std::string_view type;
};

kind_of_refusal kind_of(const registry::refusal& why) {
  if (is(why, errc::not_found)) return {404, "/problems/not-found"};
  if (is(why, errc::malformed)) return {400, "/problems/parameter"};
  if (is(why, errc::exists)) return {409, "/problems/exists"};
  if (is(why, errc::refused)) return {409, "/problems/state"};
  if (is(why, errc::full)) return {409, "/problems/full"};
  return {503, "about:blank"};
}

}  // namespace

json::object to_json(const registry::thing& one) {
  const auto& given = one.given;
  json::object attributes;
  for (const auto& [name, value] : given.attributes) attributes[name] = value;
  return {{"name", given.name},
          {"kind", registry::name_of(given.is)},
          {"lifecycle", registry::name_of(one.stage.now)},
          {"groups", json::array(given.groups.begin(), given.groups.end())},
          {"attributes", std::move(attributes)},
          {"serial_number", api::text_or_null(given.serial_number)},
          {"gateway", api::text_or_null(given.gateway)},
          {"created", api::time_or_null(one.created)},
          {"changed", api::time_or_null(one.changed)},
          {"last_seen", api::time_or_null(one.last_seen)}};
}

json::object to_json(const registry::token& one, timestamp now) {
  const auto& given = one.given;
  return {{"id", given.id},
          {"purpose", registry::name_of(given.is)},
          {"for", given.pattern},
          {"expires", api::time_or_null(given.expires)},
          {"uses", given.uses},
          {"uses_left", one.uses_left},
          {"created", api::time_or_null(one.created)},
          {"by", one.by},
          {"state", state_of(one, now)}};
}

json::object to_json(const registry::certificate& one) {
  const auto& given = one.given;
  const bool revoked = one.state == registry::certificate_state::revoked;
  return {{"serial", given.id.serial},
          {"issuer", given.id.issuer},
          {"name", given.name},
          {"not_before", api::time_or_null(given.not_before)},
          {"not_after", api::time_or_null(given.not_after)},
          {"fingerprint", access::to_hexadecimal(given.fingerprint)},
          {"issued_by", given.issued_by},
          {"state", registry::name_of(one.state)},
          {"reason", revoked ? json::value(registry::name_of(one.reason)) : json::value()},
          {"at", api::time_or_null(one.at)},
          {"grace_until", api::time_or_null(one.grace_until)}};
}

json::object to_json(const registry::application& one) {
  return {{"id", one.id},
          {"name", one.name},
          {"kind", registry::name_of(one.is)},
          {"key", one.key},
          {"token", one.token},
          {"from", api::text_or_null(one.from)},
          {"asked", api::time_or_null(one.asked)},
          {"state", registry::name_of(one.now)},
          {"decided", api::time_or_null(one.decided)},
          {"by", api::text_or_null(one.by)}};
}

json::object to_json(const registry::audit_row& one) {
  return {{"at", api::time_or_null(one.at)},
          {"who", one.who},
          {"from", api::text_or_null(one.from)},
          {"what", one.what},
          {"why", one.why.empty() ? json::value() : json::value(one.why)},
          {"refused", one.refused}};
}

api::answer refusal_of(const registry::refusal& why) {
  const auto kind = kind_of(why);
  return api::problem({.status = kind.status,
                       .title = why.what,
                       .type = kind.type,
                       .detail = why.field.empty() || why.detail.empty() ? why.detail : why.field + ": " + why.detail,
                       .field = why.field,
                       .right = why.right});
}

api::answer refusal_of(const std::vector<registry::import_fault>& all) {
  json::array shown;
  for (const auto& each : all) {
    if (shown.size() == limits::registry_import_errors_max) break;
    shown.push_back(json::object{{"line", each.line},
                                 {"column", each.column},
                                 {"field", each.field},
                                 {"detail", each.detail},
                                 {"right", each.right}});
  }
  const json::object body{{"type", "/problems/import"},
                          {"title", "Nothing is added, for the file has errors."},
                          {"status", 422},
                          {"count", all.size()},
                          {"errors", std::move(shown)}};
  return {422, "application/problem+json", json::serialize(body) + "\n"};
}

}  // namespace perigee::node
