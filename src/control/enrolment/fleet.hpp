#pragma once
// The MQTT API of AWS IoT fleet provisioning: its topics and the JSON in its messages. No IO, and nothing is decided
// here.

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "control/enrolment/provisioning_template.hpp"

namespace perigee::control::enrolment {

enum class fleet_call {
  create_keys,      // CreateKeysAndCertificate
  create_from_csr,  // CreateCertificateFromCsr
  provision,        // RegisterThing
};

struct fleet_topic {
  fleet_call call = fleet_call::provision;
  std::string_view template_name{};  // of provision
  bool cbor = false;                 // the other format that AWS has: it is answered, with a rejection
};
/// Of a request: "$aws/provisioning-templates/presses/provision/json".
[[nodiscard]] std::optional<fleet_topic> parse_fleet_topic(std::string_view topic);
/// Of an answer, and of which request: one that ends in "/accepted", "/rejected", "/+" or "/#".
[[nodiscard]] std::optional<fleet_topic> parse_fleet_answer(std::string_view filter);

/// Why not, as AWS tells it.
struct fleet_rejection {
  unsigned status = 400;    // as HTTP's
  std::string_view code{};  // "InvalidPayload"
  std::string message{};    // a sentence
};
/// The payload on ".../rejected", in the format of the request.
[[nodiscard]] std::string rejected_payload(const fleet_rejection& why, bool cbor);

/// The PEM of the request that a device sends.
[[nodiscard]] std::expected<std::string, fleet_rejection> read_certificate_request(byte_view payload);
/// CreateKeysAndCertificate takes an empty object, or nothing at all.
[[nodiscard]] std::optional<fleet_rejection> read_create_keys(byte_view payload);

struct provision_request {
  std::string ownership_token;
  text_map parameters{};
};
[[nodiscard]] std::expected<provision_request, fleet_rejection> read_provision_request(byte_view payload);

struct created_certificate {
  std::string id;   // SHA-256 of it, in hexadecimal
  std::string pem;  // and of those between it and the root
  std::string ownership_token;
  std::string private_key{};  // PEM; empty: the device has it
};
[[nodiscard]] std::string created_payload(const created_certificate& what);
[[nodiscard]] std::string provisioned_payload(std::string_view thing_name, const text_map& configuration);

}  // namespace perigee::control::enrolment
