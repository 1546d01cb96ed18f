#pragma once
// What a machine may have started with, and whether it has: an event log replayed against the PCRs of a quote.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "control/attestation/refusal.hpp"
#include "wire/tpm/event_log.hpp"
#include "wire/tpm/structures.hpp"

namespace perigee::control::attestation {

/// Which values a PCR may have.
struct pcr_rule {
  std::uint32_t pcr = 0;
  std::vector<byte_buffer> allowed{};
};
/// Of events of this type in this PCR: there is one at least, and each has one of these digests.
struct event_rule {
  std::uint32_t pcr = 0;
  std::uint32_t type = 0;
  std::vector<byte_buffer> allowed{};
};

/// What the operator wants. docs/attestation.md, "The policy".
struct boot_policy {
  wire::tpm::algorithm bank = wire::tpm::algorithm::sha256;
  std::uint32_t pcrs = 0;    // bit n: PCR n has to be in the quote, and the log has to explain it
  bool secure_boot = false;  // has to be on, as PCR 7 has it
  std::vector<pcr_rule> values{};
  std::vector<event_rule> events{};
};

/// The PCRs of one bank that a log gives.
using pcr_values = std::map<std::uint32_t, byte_buffer>;
/// Replays the log: each event extends its PCR (TPM 2.0 Part 1, 17.2). Only the PCRs asked for, which are there
/// whether or not the log has events of them. `bank` is one whose digests are known.
[[nodiscard]] pcr_values replay(const wire::tpm::event_log& log, wire::tpm::algorithm bank, std::uint32_t pcrs);
/// The digest that a quote over these PCRs has, which takes them in ascending order (Part 1, 17.6).
[[nodiscard]] byte_buffer digest_of(const pcr_values& values, wire::tpm::algorithm signature_digest);

/// Whether the quote is over exactly one selection, of the policy's bank and with all its PCRs; whether the log gives
/// that quote; and whether the policy allows it. `signature_digest`: of the quote's signature. refusal::pcrs_missing,
/// malformed_log, log_does_not_replay, pcr_not_allowed, event_not_allowed, secure_boot_off.
[[nodiscard]] outcome<> check_boot(const boot_policy& policy, const wire::tpm::quote_info& quoted,
                                   wire::tpm::algorithm signature_digest, byte_view log);

}  // namespace perigee::control::attestation
