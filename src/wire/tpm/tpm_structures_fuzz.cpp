// Any bytes as what a TPM says: public areas, attestations, signatures, event logs and answers to commands.

#include "base/attestation_limits.hpp"
#include "base/check.hpp"
#include "wire/tpm/commands.hpp"
#include "wire/tpm/event_log.hpp"

namespace {

using namespace perigee;
using namespace perigee::wire::tpm;

void read_answers(byte_view bytes) {
  (void)read_read_public(bytes);
  (void)read_session(bytes);
  (void)read_activated(bytes);
  (void)read_nv_size(bytes);
  (void)read_nv(bytes);
  (void)read_done(bytes);
  if (const auto key = read_created(bytes)) (void)read_public(key->public_area);
  if (const auto made = read_attested(bytes)) {
    (void)read_attest(made->attest);
    (void)read_signature(made->signature);
  }
}

void read_log(byte_view bytes) {
  const auto log = read_event_log(bytes);
  if (!log) return;
  PG_CHECK(!log->banks.empty(), "a log has a bank");
  for (const auto& event : log->events) {
    PG_CHECK(event.pcr < 24, "an event is of a PCR that there is");
    for (const auto bank : log->banks) PG_CHECK(!event.digest_in(bank).empty(), "an event has each bank's digest");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const byte_view bytes(data, size);
  if (const auto area = read_public(bytes)) {
    PG_CHECK(area->encoded.size() + 2 == size, "a public area is kept as it came");
  }
  if (const auto said = read_attest(bytes)) {
    PG_CHECK(said->signer.size() + said->extra_data.size() < size, "nothing comes of nothing");
  }
  (void)read_signature(bytes);
  read_answers(bytes);
  read_log(bytes);
  return 0;
}
