#include "control/attestation/boot_policy.hpp"

#include <algorithm>
#include <array>
#include <format>

#include "control/attestation/detail/digests.hpp"

namespace perigee::control::attestation {
namespace {

namespace event_type = wire::tpm::event_type;
using wire::tpm::algorithm;
using wire::tpm::boot_event;
using wire::tpm::event_log;

constexpr std::uint32_t drtm_first = 17;  // PCRs 17 to 22 begin with ones: only a dynamic launch resets them
constexpr std::uint32_t drtm_last = 22;
constexpr std::uint32_t pcr_count = 24;
constexpr std::uint32_t secure_boot_pcr = 7;

/// As the TPM has it after a start (PC Client Platform TPM Profile 1.05, 4.6.2).
byte_buffer first_value(std::uint32_t pcr, std::size_t bytes, std::uint8_t locality) {
  const bool ones = pcr >= drtm_first && pcr <= drtm_last;
  byte_buffer out(bytes, ones ? std::uint8_t{0xFF} : std::uint8_t{0});
  if (pcr == 0) out.back() = locality;
  return out;
}

/// EFI_GLOBAL_VARIABLE (UEFI 2.10, 3.3), as it stands in UEFI_VARIABLE_DATA.
constexpr std::array<std::uint8_t, 16> global_variable{0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11,
                                                       0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c};
/// "SecureBoot" in UTF-16.
byte_buffer secure_boot_name() {
  byte_buffer out;
  for (const char c : std::string_view("SecureBoot")) {
    out.push_back(static_cast<std::uint8_t>(c));
    out.push_back(0);
  }
  return out;
}

enum class switched { not_said, off, on };
/// What UEFI_VARIABLE_DATA (PFP 1.06, 10.2.6) says of Secure Boot, where it is about that.
switched secure_boot_in(byte_view variable) {
  static const auto name = secure_boot_name();
  byte_reader from(variable);
  const auto owner = from.bytes(global_variable.size());
  const auto characters = from.u64();
  const auto data_bytes = from.u64();
  if (!from.ok() || characters != name.size() / 2 || !std::ranges::equal(owner, global_variable)) {
    return switched::not_said;
  }
  if (!std::ranges::equal(from.bytes(name.size()), name)) return switched::not_said;
  const auto data = from.bytes(data_bytes <= from.remaining() ? static_cast<std::size_t>(data_bytes) : 0);
  return data.size() == 1 && data.front() == 1 && from.done() ? switched::on : switched::off;
}

/// The data of an event are whatever somebody wrote beside its digest: only where the digest is of them do they count.
outcome<> check_secure_boot(const event_log& log, algorithm bank) {
  bool on = false;
  for (const auto& event : log.events) {
    if (event.pcr != secure_boot_pcr || event.type != event_type::efi_variable_driver_config) continue;
    const bool measured = std::ranges::equal(detail::digest_of(bank, {event.data}), event.digest_in(bank));
    if (!measured) return refuse(refusal::secure_boot_off, "an event of PCR 7 has other data than were measured");
    const auto said = secure_boot_in(event.data);
    if (said == switched::off) return refuse(refusal::secure_boot_off, "SecureBoot is not 1");
    on = on || said == switched::on;
  }
  if (!on) return refuse(refusal::secure_boot_off, "PCR 7 has no measurement of SecureBoot");
  return {};
}

outcome<> check_value(const pcr_rule& rule, const pcr_values& values) {
  const auto& found = values.at(rule.pcr);
  if (std::ranges::contains(rule.allowed, found)) return {};
  return refuse(refusal::pcr_not_allowed, std::format("PCR {} is {}", rule.pcr, detail::to_hex(found)));
}

std::string name_of_type(std::uint32_t type) {
  const auto all = wire::tpm::event_type_names();
  const auto found = std::ranges::find(all, type, &std::pair<std::string_view, std::uint32_t>::second);
  return found == all.end() ? std::format("{:#x}", type) : std::string(found->first);
}

outcome<> check_events(const event_rule& rule, const event_log& log, algorithm bank) {
  bool seen = false;
  for (const auto& event : log.events) {
    if (event.pcr != rule.pcr || event.type != rule.type) continue;
    seen = true;
    const auto digest = event.digest_in(bank);
    if (std::ranges::any_of(rule.allowed, [&](const auto& one) { return std::ranges::equal(one, digest); })) continue;
    return refuse(refusal::event_not_allowed,
                  std::format("{} in PCR {} is {}", name_of_type(rule.type), rule.pcr, detail::to_hex(digest)));
  }
  if (!seen) {
    return refuse(refusal::event_not_allowed, std::format("PCR {} has no {}", rule.pcr, name_of_type(rule.type)));
  }
  return {};
}

/// The PCRs that were quoted: those of the policy's bank, where there is no other.
outcome<std::uint32_t> quoted_pcrs(const boot_policy& policy, const wire::tpm::quote_info& quoted) {
  if (quoted.selected.size() != 1 || quoted.selected.front().bank != policy.bank) {
    return refuse(refusal::pcrs_missing, std::format("it is not over the {} bank alone", detail::name_of(policy.bank)));
  }
  const auto pcrs = quoted.selected.front().pcrs;
  for (std::uint32_t pcr = 0; pcr < pcr_count; ++pcr) {
    if ((policy.pcrs & ~pcrs & (1U << pcr)) != 0) {
      return refuse(refusal::pcrs_missing, std::format("PCR {} is not in it", pcr));
    }
  }
  if (pcrs >= (1U << pcr_count)) return refuse(refusal::pcrs_missing, "it is over PCRs that there are not");
  return pcrs;
}

}  // namespace

pcr_values replay(const event_log& log, algorithm bank, std::uint32_t pcrs) {
  pcr_values out;
  const auto bytes = wire::tpm::digest_bytes(bank);
  for (std::uint32_t pcr = 0; pcr < pcr_count; ++pcr) {
    if ((pcrs & (1U << pcr)) != 0) out.emplace(pcr, first_value(pcr, bytes, log.startup_locality));
  }
  for (const auto& event : log.events) {
    const auto found = out.find(event.pcr);
    if (found == out.end() || event.type == event_type::no_action) continue;
    found->second = detail::digest_of(bank, {found->second, event.digest_in(bank)});
  }
  return out;
}

byte_buffer digest_of(const pcr_values& values, algorithm signature_digest) {
  byte_buffer all;
  for (const auto& [pcr, value] : values) all.insert(all.end(), value.begin(), value.end());
  return detail::digest_of(signature_digest, {all});
}

outcome<> check_boot(const boot_policy& policy, const wire::tpm::quote_info& quoted, algorithm signature_digest,
                     byte_view log) {
  PG_TRY(const auto pcrs, quoted_pcrs(policy, quoted));
  const auto read = wire::tpm::read_event_log(log);
  if (!read) return refuse(refusal::malformed_log, read.error().what);
  if (!std::ranges::contains(read->banks, policy.bank)) {
    return refuse(refusal::malformed_log, std::format("it has no {} digests", detail::name_of(policy.bank)));
  }
  const auto values = replay(*read, policy.bank, pcrs);
  if (digest_of(values, signature_digest) != quoted.digest) return refuse(refusal::log_does_not_replay);
  if (policy.secure_boot) PG_TRY_VOID(check_secure_boot(*read, policy.bank));
  for (const auto& rule : policy.values) PG_TRY_VOID(check_value(rule, values));
  for (const auto& rule : policy.events) PG_TRY_VOID(check_events(rule, *read, policy.bank));
  return {};
}

}  // namespace perigee::control::attestation
