#pragma once
// The bounds of identities: certificates, who is registered, how one enrols (promise P6), as base/limits.hpp has the
// others.

#include <cstdint>

namespace perigee::limits {

// identity
inline constexpr std::uint32_t identity_name_bytes_max = 64;
inline constexpr std::uint32_t identity_certificate_bytes_max = 8U << 10;  // DER, as all of these but PEM
inline constexpr std::uint32_t identity_chain_certificates_max = 4;
inline constexpr std::uint32_t identity_chain_bytes_max = 32U << 10;
inline constexpr std::uint32_t identity_roots_max = 16;
inline constexpr std::uint32_t identity_bundle_certificates_max = 16;
inline constexpr std::uint32_t identity_request_bytes_max = 16U << 10;
inline constexpr std::uint32_t identity_pem_bytes_max = 64U << 10;
inline constexpr std::uint32_t identity_names_max = 32;  // alternative names of a certificate or request
inline constexpr std::uint32_t identity_challenge_bytes_max = 255;
inline constexpr std::uint32_t identity_key_bytes_max = 16U << 10;  // PEM
inline constexpr std::uint32_t identity_passphrase_bytes_max = 1024;
inline constexpr std::uint32_t identity_revoked_max = 100'000;  // entries of a CRL
inline constexpr std::uint32_t identity_list_bytes_max = 4U << 20;   // of a CRL in DER
inline constexpr std::uint32_t identity_lists_max = 64;              // CRLs that a node holds, one of each authority
inline constexpr std::uint32_t identity_ocsp_request_bytes_max = 4096;
inline constexpr std::uint32_t identity_ocsp_certificates_max = 16;  // of one request
inline constexpr std::uint32_t identity_ocsp_nonce_bytes_max = 32;

// control/registry
inline constexpr std::uint32_t registry_things_max = 100'000;
inline constexpr std::uint32_t registry_groups_max = 16;      // of a thing
inline constexpr std::uint32_t registry_attributes_max = 50;  // of a thing
inline constexpr std::uint32_t registry_attribute_name_bytes_max = 128;
inline constexpr std::uint32_t registry_attribute_value_bytes_max = 800;
inline constexpr std::uint32_t registry_serial_number_bytes_max = 128;
inline constexpr std::uint32_t registry_why_bytes_max = 512;
inline constexpr std::uint32_t registry_tokens_max = 10'000;
inline constexpr std::uint32_t registry_token_uses_max = 1'000'000;
inline constexpr std::uint32_t registry_applications_max = 10'000;  // enrolments that an operator is to approve
inline constexpr std::uint32_t registry_certificates_max = 1'000'000;
inline constexpr std::uint32_t registry_audit_max = 1'000'000;  // rows of what was done, and as many refused
inline constexpr std::uint32_t registry_audit_shown_max = 100;  // of one thing
inline constexpr std::uint32_t registry_import_bytes_max = 8U << 20;
inline constexpr std::uint32_t registry_import_errors_max = 4000;    // shown
inline constexpr std::uint32_t registry_changes_waiting_max = 1024;  // changes that wait for the registry's worker

// control/enrolment: AWS IoT fleet provisioning
inline constexpr std::uint32_t provisioning_payload_bytes_max = 32U << 10;
inline constexpr std::uint32_t provisioning_template_bytes_max = 10'240;  // of its body, as AWS has it
inline constexpr std::uint32_t provisioning_parameters_max = 64;
inline constexpr std::uint32_t provisioning_parameter_bytes_max = 1024;
inline constexpr std::uint32_t provisioning_json_depth_max = 16;
inline constexpr std::uint32_t registry_templates_max = 100;
inline constexpr std::uint32_t registry_pending_certificates_max = 10'000;

// what a gateway tells
inline constexpr std::uint32_t registry_report_certificates_max = 64;

}  // namespace perigee::limits
