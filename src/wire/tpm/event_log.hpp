#pragma once
// The crypto-agile log that firmware and boot loader write of what they measured into the PCRs (TCG PC Client Platform
// Firmware Profile 1.06, clause 10), as the kernel shows it: /sys/kernel/security/tpm0/binary_bios_measurements.
// Little-endian. Nothing in it is to be believed before it was replayed against a quote.

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "wire/tpm/structures.hpp"

namespace perigee::wire::tpm {

/// TCG_EVENTTYPE (10.4.1), those that something here looks at.
namespace event_type {
inline constexpr std::uint32_t no_action = 0x0000'0003;
inline constexpr std::uint32_t separator = 0x0000'0004;
inline constexpr std::uint32_t efi_variable_driver_config = 0x8000'0001;
inline constexpr std::uint32_t efi_boot_services_application = 0x8000'0003;
}  // namespace event_type

/// "EV_EFI_BOOT_SERVICES_APPLICATION" and its number, of every type that has a name.
[[nodiscard]] std::span<const std::pair<std::string_view, std::uint32_t>> event_type_names();

/// One measurement (TCG_PCR_EVENT2). Views point into the log.
struct boot_event {
  std::uint32_t pcr = 0;
  std::uint32_t type = 0;
  std::vector<std::pair<algorithm, byte_view>> digests{};  // one for each bank
  byte_view data{};

  /// Empty where the bank has none.
  [[nodiscard]] byte_view digest_in(algorithm bank) const;
};

struct event_log {
  std::vector<algorithm> banks{};
  std::vector<boot_event> events{};
  std::uint8_t startup_locality = 0;  // PCR 0 begins with it (10.4.5.3)
};

/// The whole of a log, which outlives what is read of it. errc::malformed; errc::unsupported for one of the older
/// form, which has SHA-1 only; errc::too_large over limits::attestation_log_bytes_max or attestation_events_max.
[[nodiscard]] result<event_log> read_event_log(byte_view bytes);

}  // namespace perigee::wire::tpm
