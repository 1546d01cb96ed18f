#include "wire/tpm/event_log.hpp"

#include <algorithm>
#include <array>

#include "base/attestation_limits.hpp"

namespace perigee::wire::tpm {
namespace {

using namespace std::string_view_literals;

constexpr auto spec_id = "Spec ID Event03\0"sv;             // 10.4.5.1
constexpr auto locality_signature = "StartupLocality\0"sv;  // 10.4.5.3
constexpr std::size_t sha1_bytes = 20;
constexpr std::uint32_t pcrs = 24;

constexpr std::array<std::pair<std::string_view, std::uint32_t>, 24> names{{
    {"EV_POST_CODE", 0x1},
    {"EV_NO_ACTION", event_type::no_action},
    {"EV_SEPARATOR", event_type::separator},
    {"EV_ACTION", 0x5},
    {"EV_EVENT_TAG", 0x6},
    {"EV_S_CRTM_CONTENTS", 0x7},
    {"EV_S_CRTM_VERSION", 0x8},
    {"EV_CPU_MICROCODE", 0x9},
    {"EV_PLATFORM_CONFIG_FLAGS", 0xA},
    {"EV_TABLE_OF_DEVICES", 0xB},
    {"EV_COMPACT_HASH", 0xC},
    {"EV_IPL", 0xD},
    {"EV_NONHOST_CODE", 0xF},
    {"EV_NONHOST_CONFIG", 0x10},
    {"EV_EFI_VARIABLE_DRIVER_CONFIG", event_type::efi_variable_driver_config},
    {"EV_EFI_VARIABLE_BOOT", 0x8000'0002},
    {"EV_EFI_BOOT_SERVICES_APPLICATION", event_type::efi_boot_services_application},
    {"EV_EFI_BOOT_SERVICES_DRIVER", 0x8000'0004},
    {"EV_EFI_RUNTIME_SERVICES_DRIVER", 0x8000'0005},
    {"EV_EFI_GPT_EVENT", 0x8000'0006},
    {"EV_EFI_ACTION", 0x8000'0007},
    {"EV_EFI_PLATFORM_FIRMWARE_BLOB", 0x8000'0008},
    {"EV_EFI_HANDOFF_TABLES", 0x8000'0009},
    {"EV_EFI_VARIABLE_AUTHORITY", 0x8000'00E0},
}};

struct bank_size {
  algorithm bank;
  std::size_t bytes;
};

/// TCG_EfiSpecIDEvent (10.4.5.1): which digests follow in each event, and how long they are.
result<std::vector<bank_size>> read_spec_id(byte_view data) {
  byte_reader from(data);
  if (as_text(from.bytes(spec_id.size())) != spec_id) {
    return fail(errc::unsupported, "the event log is not crypto-agile: it does not begin with 'Spec ID Event03'");
  }
  from.u32();     // platform class
  from.bytes(4);  // versions of the specification, and the size of its integers
  const auto count = from.u32();
  if (count == 0 || count > limits::tpm_pcr_banks_max) return fail(errc::malformed, "the event log has no banks");
  std::vector<bank_size> out;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto bank = static_cast<algorithm>(from.u16());
    const std::size_t bytes = from.u16();
    const auto known = digest_bytes(bank);
    const bool good = bytes != 0 && bytes <= limits::tpm_digest_bytes_max && (known == 0 || known == bytes);
    if (!good || std::ranges::contains(out, bank, &bank_size::bank)) {
      return fail(errc::malformed, "the event log's header gives a digest another size, or twice");
    }
    out.push_back({bank, bytes});
  }
  from.bytes(from.u8());  // of the vendor
  if (!from.ok() || !from.done()) return fail(errc::malformed, "the event log's header is cut short");
  return out;
}

/// TCG_PCClientPCREvent (10.2.1): the header, in the older form so that older readers pass over it.
result<std::vector<bank_size>> read_header(byte_reader& from) {
  const auto pcr = from.u32();
  const auto type = from.u32();
  from.bytes(sha1_bytes);
  const auto data = from.bytes(from.u32());
  if (!from.ok() || pcr != 0 || type != event_type::no_action) {
    return fail(errc::unsupported, "the event log is not crypto-agile: it does not begin with a header");
  }
  return read_spec_id(data);
}

/// TCG_PCR_EVENT2 (10.2.2).
result<boot_event> read_event(byte_reader& from, std::span<const bank_size> banks) {
  boot_event out{.pcr = from.u32(), .type = from.u32()};
  const auto count = from.u32();
  if (!from.ok() || out.pcr >= pcrs || count != banks.size()) {
    return fail(errc::malformed, "an event of the log is of no PCR, or has not one digest for each bank");
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto bank = static_cast<algorithm>(from.u16());
    const auto size = std::ranges::find(banks, bank, &bank_size::bank);
    if (size == banks.end() || !out.digest_in(bank).empty()) {
      return fail(errc::malformed, "an event of the log has not one digest for each bank");
    }
    out.digests.emplace_back(bank, from.bytes(size->bytes));
  }
  out.data = from.bytes(from.u32());
  if (!from.ok()) return fail(errc::malformed, "the event log is cut short");
  return out;
}

void note_locality(event_log& into, const boot_event& of) {
  const auto text = as_text(of.data);
  if (of.type == event_type::no_action && of.pcr == 0 && text.size() == locality_signature.size() + 1 &&
      text.starts_with(locality_signature)) {
    into.startup_locality = of.data.back();
  }
}

}  // namespace

std::span<const std::pair<std::string_view, std::uint32_t>> event_type_names() { return names; }

byte_view boot_event::digest_in(algorithm bank) const {
  const auto found = std::ranges::find(digests, bank, &std::pair<algorithm, byte_view>::first);
  return found == digests.end() ? byte_view() : found->second;
}

result<event_log> read_event_log(byte_view bytes) {
  if (bytes.size() > limits::attestation_log_bytes_max) return fail(errc::too_large, "the event log is too large");
  byte_reader from(bytes);
  PG_TRY(const auto sizes, read_header(from));
  event_log out;
  for (const auto& each : sizes) out.banks.push_back(each.bank);
  while (!from.done()) {
    if (out.events.size() == limits::attestation_events_max)
      return fail(errc::too_large, "the log has too many events");
    PG_TRY(auto event, read_event(from, sizes));
    note_locality(out, event);
    out.events.push_back(std::move(event));
  }
  return out;
}

}  // namespace perigee::wire::tpm
