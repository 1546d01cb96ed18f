// Any bytes as what a machine sends to be let in: as JSON, as a key, and as an event log that is replayed.

#include <algorithm>

#include "base/check.hpp"
#include "control/attestation/boot_policy.hpp"
#include "control/attestation/exchange.hpp"
#include "control/attestation/policy_file.hpp"

namespace {

using namespace perigee;
using namespace perigee::control::attestation;

constexpr timestamp now{1'700'000'000'000'000'000};

/// Neither a key nor a signature that was not made by it is taken.
void try_keys(byte_view bytes) {
  const auto key = read_key(bytes);
  if (!key) return;
  PG_CHECK(name_of(key->area).size() > 2, "what is a key has a name");
  PG_CHECK(!check_signature(*key, bytes, bytes), "nobody has signed this");
  const byte_buffer secret(32);
  (void)make_credential(*key, name_of(key->area), secret);
}

void try_log(byte_view bytes) {
  const boot_policy policy{.pcrs = 0x95, .secure_boot = true};
  const wire::tpm::quote_info quoted{.selected = {{policy.bank, policy.pcrs}}, .digest = byte_buffer(32)};
  PG_CHECK(!check_boot(policy, quoted, wire::tpm::algorithm::sha256, bytes), "no log gives such a quote");
  const auto log = wire::tpm::read_event_log(bytes);
  if (!log) return;
  if (!std::ranges::contains(log->banks, policy.bank)) return;
  const auto values = replay(*log, policy.bank, policy.pcrs);
  const wire::tpm::quote_info honest{.selected = {{policy.bank, policy.pcrs}},
                                     .digest = digest_of(values, wire::tpm::algorithm::sha256)};
  (void)check_boot(policy, honest, wire::tpm::algorithm::sha256, bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const byte_view bytes(data, size);
  const auto text = as_text(bytes);
  verifier by({}, {.pcrs = 1});
  if (const auto asked = read_application(text)) (void)by.begin(*asked, now);
  if (const auto shown = read_wish(text)) {
    PG_CHECK(read_wish(to_json(*shown)).has_value(), "what was read can be written and read again");
  }
  (void)read_challenge(text);
  (void)read_policy({"policy.toml", text});
  try_keys(bytes);
  try_log(bytes);
  return 0;
}
