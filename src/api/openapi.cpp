#include "api/openapi.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <format>

#include "api/json_answer.hpp"
#include "api/schema.hpp"

namespace perigee::api {
namespace {

namespace json = boost::json;

json::object schema_of_parameter(const parameter& p) {
  json::object out;
  switch (p.is) {
    case parameter::kind::text: out = {{"type", "string"}, {"maxLength", p.most}}; break;
    case parameter::kind::whole:
      out = {{"type", "integer"}, {"minimum", p.least}};
      if (p.most != INT64_MAX) out["maximum"] = p.most;
      if (!p.initial.empty()) out["default"] = json::parse(p.initial);
      break;
    case parameter::kind::time:
    case parameter::kind::duration: out = {{"type", "string"}, {"description", p.takes()}}; break;
    case parameter::kind::map:
      return {{"type", "object"},
              {"additionalProperties", json::object{{"type", json::array{"string", "null"}}, {"maxLength", p.most}}}};
    case parameter::kind::choice:
      out = {{"type", "string"}, {"enum", json::array(p.words.begin(), p.words.end())}};
      if (!p.initial.empty()) out["default"] = p.initial;
      break;
  }
  if (!p.repeats) return out;
  return {{"type", "array"}, {"items", std::move(out)}};
}

json::object parameter_object(const parameter& p) {
  return {{"name", p.name},
          {"in", p.in == parameter::place::path ? "path" : "query"},
          {"required", p.required},
          {"description", p.help},
          {"schema", schema_of_parameter(p)}};
}

/// Nothing where no parameter stands in the body.
std::optional<json::object> body_of(const description& of) {
  if (!of.body.empty()) {
    return json::object{{"required", true}, {"content", json::object{{of.body, json::object{}}}}};
  }
  json::object members;
  json::array required;
  for (const auto& p : of.parameters) {
    if (p.in != parameter::place::body) continue;
    auto schema = schema_of_parameter(p);
    schema["description"] = p.help;
    members[p.name] = std::move(schema);
    if (p.required) required.emplace_back(p.name);
  }
  if (members.empty()) return std::nullopt;
  json::object schema{{"type", "object"}, {"properties", std::move(members)}, {"additionalProperties", false}};
  const bool needed = !required.empty();
  if (needed) schema["required"] = std::move(required);
  return json::object{{"required", needed},
                      {"content", json::object{{"application/json", json::object{{"schema", std::move(schema)}}}}}};
}

json::value security_of(access to) {
  const json::object session{{"session", json::array{}}};
  const json::object token{{"token", json::array{}}};
  switch (to) {
    case access::anybody: return json::array{};
    case access::known_peer: return json::array{session, token, json::object{}};
    case access::viewers:
    case access::operators:
    case access::admins: break;
  }
  return json::array{session, token};
}

json::object responses_of(const route& r) {
  const auto& of = r.about;
  json::object good{{"description", of.summary}};
  const bool is_type = of.answers.contains('/');  // and no schema
  if (is_type) {
    good["content"] = json::object{{of.answers, json::object{}}};
  } else if (!of.answers.empty()) {
    good["content"] = json::object{{"application/json", json::object{{"schema", schema_of(of.answers)}}}};
  }
  json::object bad{
      {"description", "a problem (RFC 9457)"},
      {"content", json::object{{"application/problem+json",
                                json::object{{"schema", json::object{{"$ref", "#/components/schemas/problem"}}}}}}}};
  json::object out{{std::to_string(of.status), std::move(good)}};
  if (r.to != access::anybody) out["403"] = bad;
  out["default"] = std::move(bad);
  return out;
}

json::object operation_of(const route& r) {
  json::array parameters;
  for (const auto& p : r.about.parameters) {
    if (p.in != parameter::place::body) parameters.push_back(parameter_object(p));
  }
  json::object out{{"summary", r.about.summary},
                   {"parameters", std::move(parameters)},
                   {"responses", responses_of(r)},
                   {"security", security_of(r.to)}};
  if (r.to != access::anybody) {
    out["x-perigee-role"] = name_of(role_for(r.to));
    out["x-perigee-scope"] = scope_of(r);
  }
  if (auto body = body_of(r.about)) out["requestBody"] = *std::move(body);
  return out;
}

constexpr std::string_view problem_notation =
    "{type:text,title:text,status:whole,detail?:text,field?:text,right?:text}";

}  // namespace

json::value openapi_of(const routes& all, std::string_view version) {
  json::object paths;
  for (const auto& each : all) {
    if (each.about.summary.empty()) continue;
    std::string method(each.method);
    std::ranges::transform(method, method.begin(), [](char c) { return static_cast<char>(c | 0x20); });
    auto& path = paths[each.pattern];
    if (!path.is_object()) path = json::object{};
    path.get_object()[method] = operation_of(each);
  }
  const json::object session{
      {"type", "apiKey"},
      {"in", "cookie"},
      {"name", "perigee_session"},
      {"description", "with X-Perigee-Csrf where something changes; the name ends in the node's"}};
  const json::object token{
      {"type", "http"}, {"scheme", "bearer"}, {"description", "of a user, with a scope; or of the node's run.json"}};
  return json::object{
      {"openapi", "3.1.0"},
      {"info", json::object{{"title", "Perigee"}, {"version", version}}},
      {"paths", std::move(paths)},
      {"components", json::object{{"schemas", json::object{{"problem", schema_of(problem_notation)}}},
                                  {"securitySchemes", json::object{{"session", session}, {"token", token}}}}}};
}

routes with_openapi(routes all, std::string_view version) {
  route own{"GET",
            "/api/v1/openapi.json",
            {},
            access::known_peer,
            {"This description", {}, "{openapi:text,info:any,paths:any,components:any}"}};
  all.push_back(own);
  const auto text = json::serialize(openapi_of(all, version)) + "\n";
  all.back().answer_with = at_once([text](const request&) { return answer{200, "application/json", text}; });
  return all;
}

}  // namespace perigee::api
