#include "client/tpm_identity.hpp"

#include <algorithm>

namespace perigee::client {
namespace {

namespace tpm = wire::tpm;
using tpm::handle;

constexpr std::uint32_t ecc_certificate = 0x01C0'000A;  // EK Credential Profile 2.5, 2.2.1.4
constexpr std::uint32_t rsa_certificate = 0x01C0'0002;
constexpr std::uint16_t read_at_once = 512;  // every TPM gives so much of an index
constexpr std::uint16_t certificate_bytes_max = 8192;
constexpr int no_such_handle = 0x18B;  // TPM_RC_HANDLE of the first handle (Part 2, 6.6.3)

/// The DER that an index begins with; makers fill the rest with whatever there was.
byte_buffer without_padding(byte_buffer from) {
  if (from.size() < 4 || from[0] != 0x30 || from[1] != 0x82) return {};
  const auto bytes = std::size_t{4} + (std::size_t{from[2]} << 8) + from[3];
  if (bytes > from.size()) return {};
  from.resize(bytes);
  return from;
}

bool is_signing_key(const tpm::public_area& of) {
  namespace attribute = tpm::attribute;
  return of.has(attribute::fixed_tpm | attribute::fixed_parent | attribute::sensitive_data_origin | attribute::sign) &&
         !of.has(attribute::restricted);
}

}  // namespace

result<tpm_identity> tpm_identity::open(std::unique_ptr<io::tpm_device> device, std::uint32_t at, byte_view random) {
  if (at < tpm::persistent_first || at > tpm::persistent_last) {
    return fail(errc::malformed, "an owner's persistent handle is 0x81000000 to 0x817fffff");
  }
  tpm_identity out(std::move(device));
  PG_TRY_VOID(out.find_or_make_key(at, random));
  return out;
}

tpm_identity::~tpm_identity() {
  if (!device_) return;
  flush(endorsement_);
  flush(attestation_);
}

void tpm_identity::flush(handle& loaded) {
  if (loaded == handle::null) return;
  // Nobody is left to be told: the resource manager or the next start does what fails here.
  (void)device_->transact(tpm::flush_context(loaded));
  loaded = handle::null;
}

result<tpm::created_key> tpm_identity::create(handle hierarchy, byte_view from) {
  PG_TRY(const auto answer, device_->transact(tpm::create_primary(hierarchy, from)));
  return tpm::read_created(answer);
}

result<> tpm_identity::find_or_make_key(std::uint32_t at, byte_view random) {
  key_ = static_cast<handle>(at);
  PG_TRY(const auto answer, device_->transact(tpm::read_public_command(key_)));
  auto there = tpm::read_read_public(answer);
  const bool none = !there && there.error().code == std::error_code(no_such_handle, tpm::response_category());
  if (!there && !none) return std::unexpected(there.error());
  if (there) {
    const auto area = tpm::read_public(*there);
    if (!area || !is_signing_key(*area)) return fail(errc::exists, "the TPM has a key of another kind at this handle");
    device_key_ = *std::move(there);
    return {};
  }
  PG_TRY(auto made, create(handle::owner, tpm::key_template::signing(random)));
  const auto kept = device_->transact(tpm::evict_control(made.handle, key_)).and_then(tpm::read_done);
  flush(made.handle);
  PG_TRY_VOID(kept);
  device_key_ = std::move(made.public_area);
  return {};
}

/// Empty where the index is not there, as on a TPM without a certificate.
result<byte_buffer> tpm_identity::read_index(std::uint32_t index) {
  PG_TRY(const auto described, device_->transact(tpm::nv_read_public(index)));
  const auto size = tpm::read_nv_size(described);
  if (!size) return byte_buffer();
  if (*size > certificate_bytes_max) return fail(errc::too_large, "the TPM's certificate is over 8 KiB");
  byte_buffer out;
  while (out.size() < *size) {
    const auto part = static_cast<std::uint16_t>(std::min<std::size_t>(read_at_once, *size - out.size()));
    PG_TRY(const auto answer, device_->transact(tpm::nv_read(index, part, static_cast<std::uint16_t>(out.size()))));
    PG_TRY(const auto bytes, tpm::read_nv(answer));
    if (bytes.empty()) return fail(errc::malformed, "the TPM's certificate is cut short");
    out.insert(out.end(), bytes.begin(), bytes.end());
  }
  return without_padding(std::move(out));
}

result<tpm_identity::keys> tpm_identity::load_attestation_keys() {
  keys out;
  PG_TRY(out.endorsement_cert, read_index(ecc_certificate));
  bool rsa = false;
  if (out.endorsement_cert.empty()) {
    PG_TRY(out.endorsement_cert, read_index(rsa_certificate));
    rsa = !out.endorsement_cert.empty();
  }
  const auto from = rsa ? tpm::key_template::endorsement_rsa() : tpm::key_template::endorsement_ecc();
  PG_TRY(auto endorsement, create(handle::endorsement, from));
  endorsement_ = endorsement.handle;
  PG_TRY(auto attestation, create(handle::endorsement, tpm::key_template::attestation()));
  attestation_ = attestation.handle;
  out.endorsement_key = std::move(endorsement.public_area);
  out.attestation_key = std::move(attestation.public_area);
  return out;
}

result<byte_buffer> tpm_identity::activate(const riddle& to, byte_view session_nonce) {
  PG_TRY(const auto started, device_->transact(tpm::start_policy_session(session_nonce)));
  PG_TRY(auto session, tpm::read_session(started));
  const auto proved = device_->transact(tpm::policy_secret(session)).and_then(tpm::read_done);
  const auto opened = proved.and_then([&] {
    return device_
        ->transact(tpm::activate_credential(attestation_, endorsement_, session, to.credential, to.encrypted_secret))
        .and_then(tpm::read_activated);
  });
  if (!opened) flush(session);  // a success has ended it
  return opened;
}

result<tpm_identity::proof> tpm_identity::answer(const riddle& to, byte_view session_nonce) {
  proof out;
  PG_TRY(out.secret, activate(to, session_nonce));
  PG_TRY(out.quote, device_->transact(tpm::quote(attestation_, to.nonce, to.pcrs)).and_then(tpm::read_attested));
  PG_TRY(out.certification, device_->transact(tpm::certify(key_, attestation_, to.nonce)).and_then(tpm::read_attested));
  return out;
}

}  // namespace perigee::client
