#include "control/enrolment/fleet.hpp"

#include <boost/json.hpp>
#include <format>

#include "base/identity_limits.hpp"

namespace perigee::control::enrolment {
namespace {

namespace json = boost::json;

constexpr std::string_view certificates = "$aws/certificates/";
constexpr std::string_view templates = "$aws/provisioning-templates/";

bool take(std::string_view& from, std::string_view front) {
  if (!from.starts_with(front)) return false;
  from.remove_prefix(front.size());
  return true;
}

/// "json" or "cbor", with which a request's topic ends.
std::optional<bool> format_of(std::string_view rest) {
  if (rest == "json") return false;
  if (rest == "cbor") return true;
  return std::nullopt;
}

fleet_rejection invalid(std::string why) { return {400, "InvalidPayload", std::move(why)}; }

std::expected<json::object, fleet_rejection> object_of(byte_view payload) {
  if (payload.size() > limits::provisioning_payload_bytes_max) return std::unexpected(invalid("It is over 32 KiB."));
  boost::system::error_code failed;
  auto parsed = json::parse(as_text(payload), failed, {}, {.max_depth = limits::provisioning_json_depth_max});
  if (failed || !parsed.is_object()) return std::unexpected(invalid("It is no JSON object."));
  return std::move(parsed.get_object());
}

std::expected<std::string, fleet_rejection> text_in(const json::object& in, std::string_view key) {
  const auto* found = in.if_contains(key);
  if (found == nullptr || !found->is_string() || found->get_string().empty()) {
    return std::unexpected(invalid(std::format("{} is missing, or is no text.", key)));
  }
  return std::string(found->get_string());
}

/// A text in CBOR (RFC 8949 3, major type 3), of at most 65535 bytes.
void add_cbor(std::string& to, std::string_view text) {
  constexpr std::size_t small = 24;
  constexpr std::size_t byte_max = 255;
  if (text.size() < small) {
    to.push_back(static_cast<char>(0x60 + text.size()));
  } else if (text.size() <= byte_max) {
    to.append({static_cast<char>(0x78), static_cast<char>(text.size())});
  } else {
    to.append({static_cast<char>(0x79), static_cast<char>(text.size() >> 8U), static_cast<char>(text.size() & 0xffU)});
  }
  to += text;
}

std::string cbor_of(const fleet_rejection& why) {
  std::string out(1, static_cast<char>(0xa3));  // a map of three
  add_cbor(out, "statusCode");
  out.append({static_cast<char>(0x19), static_cast<char>(why.status >> 8U), static_cast<char>(why.status & 0xffU)});
  add_cbor(out, "errorCode");
  add_cbor(out, why.code);
  add_cbor(out, "errorMessage");
  add_cbor(out, why.message);
  return out;
}

}  // namespace

std::optional<fleet_topic> parse_fleet_topic(std::string_view topic) {
  fleet_topic out;
  if (take(topic, certificates)) {
    if (take(topic, "create-from-csr/")) {
      out.call = fleet_call::create_from_csr;
    } else if (take(topic, "create/")) {
      out.call = fleet_call::create_keys;
    } else {
      return std::nullopt;
    }
  } else if (take(topic, templates)) {
    const auto end = topic.find('/');
    out.template_name = topic.substr(0, end);
    if (end == std::string_view::npos || end == 0 || !take(topic = topic.substr(end), "/provision/")) {
      return std::nullopt;
    }
  } else {
    return std::nullopt;
  }
  const auto cbor = format_of(topic);
  if (!cbor) return std::nullopt;
  out.cbor = *cbor;
  return out;
}

std::optional<fleet_topic> parse_fleet_answer(std::string_view filter) {
  for (const std::string_view end : {"/accepted", "/rejected", "/+", "/#"}) {
    if (filter.ends_with(end)) return parse_fleet_topic(filter.substr(0, filter.size() - end.size()));
  }
  return std::nullopt;
}

std::string rejected_payload(const fleet_rejection& why, bool cbor) {
  if (cbor) return cbor_of(why);
  return json::serialize(
      json::object{{"statusCode", why.status}, {"errorCode", why.code}, {"errorMessage", why.message}});
}

std::expected<std::string, fleet_rejection> read_certificate_request(byte_view payload) {
  const auto in = object_of(payload);
  if (!in) return std::unexpected(in.error());
  return text_in(*in, "certificateSigningRequest");
}

std::optional<fleet_rejection> read_create_keys(byte_view payload) {
  if (payload.empty()) return std::nullopt;
  const auto in = object_of(payload);
  return in ? std::nullopt : std::optional(in.error());
}

std::expected<provision_request, fleet_rejection> read_provision_request(byte_view payload) {
  const auto in = object_of(payload);
  if (!in) return std::unexpected(in.error());
  auto token = text_in(*in, "certificateOwnershipToken");
  if (!token) return std::unexpected(token.error());
  provision_request out{.ownership_token = *std::move(token)};
  const auto* all = in->if_contains("parameters");
  if (all == nullptr || all->is_null()) return out;
  if (!all->is_object()) return std::unexpected(invalid("parameters is no object."));
  if (all->get_object().size() > limits::provisioning_parameters_max) {
    return std::unexpected(invalid("There are more than 64 parameters."));
  }
  for (const auto& [name, value] : all->get_object()) {
    const auto* text = value.if_string();
    if (text == nullptr || name.size() + text->size() > limits::provisioning_parameter_bytes_max) {
      return std::unexpected(invalid("A parameter is a text of at most 1024 bytes."));
    }
    out.parameters[std::string(name)] = std::string(*text);
  }
  return out;
}

std::string created_payload(const created_certificate& what) {
  json::object out{
      {"certificateId", what.id}, {"certificatePem", what.pem}, {"certificateOwnershipToken", what.ownership_token}};
  if (!what.private_key.empty()) out["privateKey"] = what.private_key;
  return json::serialize(out);
}

std::string provisioned_payload(std::string_view thing_name, const text_map& configuration) {
  json::object values;
  for (const auto& [name, value] : configuration) values[name] = value;
  return json::serialize(json::object{{"deviceConfiguration", std::move(values)}, {"thingName", thing_name}});
}

}  // namespace perigee::control::enrolment
