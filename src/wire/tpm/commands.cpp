#include "wire/tpm/commands.hpp"

#include <array>
#include <format>
#include <initializer_list>

#include "base/attestation_limits.hpp"
#include "wire/tpm/detail/big_endian.hpp"

namespace perigee::wire::tpm {
namespace {

using detail::reader;
using detail::writer;

constexpr std::uint16_t without_sessions = 0x8001;  // TPM_ST (Part 2, 6.9)
constexpr std::uint16_t with_sessions = 0x8002;
constexpr std::uint8_t continue_session = 1;
constexpr std::size_t header_bytes = 10;

/// TPM_CC (Part 2, 6.5.2).
enum class code : std::uint32_t {
  evict_control = 0x0120,
  create_primary = 0x0131,
  activate_credential = 0x0147,
  certify = 0x0148,
  nv_read = 0x014E,
  policy_secret = 0x0151,
  quote = 0x0158,
  flush_context = 0x0165,
  nv_read_public = 0x0169,
  read_public = 0x0173,
  start_auth_session = 0x0176,
};

void put(writer& to, handle h) { to.u32(static_cast<std::uint32_t>(h)); }
void put(writer& to, algorithm a) { to.u16(static_cast<std::uint16_t>(a)); }

/// TPMS_AUTH_COMMAND (Part 2, 10.13.2): a session, or a password that is empty.
void put_authorisation(writer& to, handle session) {
  put(to, session);
  to.sized({});
  to.u8(session == handle::password ? continue_session : 0);
  to.sized({});
}

/// Part 1, 18: header, handles, one authorisation for each handle that wants one, parameters.
byte_buffer command(code which, std::initializer_list<handle> handles, std::initializer_list<handle> authorised_by,
                    byte_view parameters) {
  byte_buffer inside;
  writer to(inside);
  for (const auto h : handles) put(to, h);
  if (authorised_by.size() != 0) {
    byte_buffer area;
    writer authorisations(area);
    for (const auto session : authorised_by) put_authorisation(authorisations, session);
    to.u32(static_cast<std::uint32_t>(area.size()));
    to.bytes(area);
  }
  to.bytes(parameters);
  byte_buffer out;
  writer whole(out);
  whole.u16(authorised_by.size() == 0 ? without_sessions : with_sessions);
  whole.u32(static_cast<std::uint32_t>(header_bytes + inside.size()));
  whole.u32(static_cast<std::uint32_t>(which));
  whole.bytes(inside);
  return out;
}

/// PolicySecret(TPM_RH_ENDORSEMENT), which every endorsement key of these profiles has (EK Credential Profile, B.3).
constexpr std::array<std::uint8_t, 32> endorsement_policy{
    0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xB3, 0xF8, 0x1A, 0x90, 0xCC, 0x8D, 0x46, 0xA5, 0xD7, 0x24,
    0xFD, 0x52, 0xD7, 0x6E, 0x06, 0x52, 0x0B, 0x64, 0xF2, 0xA1, 0xDA, 0x1B, 0x33, 0x14, 0x69, 0xAA};
constexpr std::uint16_t rsa_bits = 2048;
constexpr std::uint16_t aes_bits = 128;
constexpr std::size_t coordinate_bytes = 32;

byte_buffer wrapped(const byte_buffer& inside) {
  byte_buffer out;
  writer(out).sized(inside);
  return out;
}

void begin_template(writer& to, algorithm type, std::uint32_t attributes, byte_view policy) {
  put(to, type);
  put(to, algorithm::sha256);
  to.u32(attributes);
  to.sized(policy);
}

void begin_endorsement(writer& to, algorithm type) {
  using namespace attribute;
  begin_template(to, type, fixed_tpm | fixed_parent | sensitive_data_origin | admin_with_policy | restricted | decrypt,
                 endorsement_policy);
  put(to, algorithm::aes);
  to.u16(aes_bits);
  put(to, algorithm::cfb);
  put(to, algorithm::null);  // no scheme
}

/// A P-256 key that signs; with a scheme only by that.
byte_buffer ecc_signing(std::uint32_t attributes, algorithm scheme, byte_view x, byte_view y) {
  byte_buffer inside;
  writer to(inside);
  begin_template(to, algorithm::ecc, attributes, {});
  put(to, algorithm::null);  // protects nothing beneath it
  put(to, scheme);
  if (scheme != algorithm::null) put(to, algorithm::sha256);
  to.u16(static_cast<std::uint16_t>(curve::p256));
  put(to, algorithm::null);  // no KDF
  to.sized(x);
  to.sized(y);
  return wrapped(inside);
}

class category_of_responses final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "tpm"; }
  [[nodiscard]] std::string message(int value) const override {
    return std::format("TPM response {:#x}", static_cast<unsigned>(value));
  }
};

/// What stands behind the header of an answer that is a success. The handle, where there is one, comes first; then,
/// with sessions, the size of the parameters.
result<reader> open(byte_view answer, bool has_handle, handle* made = nullptr) {
  reader from(answer);
  const auto tag = from.u16();
  const auto size = from.u32();
  const auto rc = from.u32();
  if (!from.ok() || size != answer.size() || size > limits::tpm_response_bytes_max) {
    return fail(errc::malformed, "this is no answer of a TPM");
  }
  if (rc != 0) return fail(std::error_code(static_cast<int>(rc), response_category()), "the TPM refuses");
  const auto h = has_handle ? static_cast<handle>(from.u32()) : handle::null;
  if (!from.ok()) return fail(errc::malformed, "the TPM's answer is cut short");
  if (made != nullptr) *made = h;
  if (tag == with_sessions) {
    const auto parameters = from.bytes(from.u32());
    if (!from.ok()) return fail(errc::malformed, "the TPM's answer is cut short");
    return reader(parameters);
  }
  return from;
}

result<byte_buffer> read_one(byte_view answer) {
  PG_TRY(auto from, open(answer, false));
  auto out = from.sized_copy();
  if (!from.ok()) return fail(errc::malformed, "the TPM's answer is cut short");
  return out;
}

}  // namespace

const std::error_category& response_category() noexcept {
  static const category_of_responses category;
  return category;
}

namespace key_template {

byte_buffer endorsement_rsa() {
  byte_buffer inside;
  writer to(inside);
  begin_endorsement(to, algorithm::rsa);
  to.u16(rsa_bits);
  to.u32(0);  // the usual exponent
  to.sized(byte_buffer(rsa_bits / 8));
  return wrapped(inside);
}

byte_buffer endorsement_ecc() {
  byte_buffer inside;
  writer to(inside);
  begin_endorsement(to, algorithm::ecc);
  to.u16(static_cast<std::uint16_t>(curve::p256));
  put(to, algorithm::null);  // no KDF
  to.sized(byte_buffer(coordinate_bytes));
  to.sized(byte_buffer(coordinate_bytes));
  return wrapped(inside);
}

byte_buffer attestation() {
  using namespace attribute;
  return ecc_signing(fixed_tpm | fixed_parent | sensitive_data_origin | user_with_auth | no_da | restricted | sign,
                     algorithm::ecdsa, {}, {});
}

byte_buffer signing(byte_view unique) {
  using namespace attribute;
  return ecc_signing(fixed_tpm | fixed_parent | sensitive_data_origin | user_with_auth | no_da | sign, algorithm::null,
                     unique, byte_buffer(coordinate_bytes));
}

}  // namespace key_template

byte_buffer create_primary(handle hierarchy, byte_view tpm2b_template) {
  byte_buffer parameters;
  writer to(parameters);
  to.sized(byte_buffer(4));  // TPM2B_SENSITIVE_CREATE: no authorisation, no data
  to.bytes(tpm2b_template);
  to.sized({});  // no outside information
  to.u32(0);     // no PCRs at creation
  return command(code::create_primary, {hierarchy}, {handle::password}, parameters);
}

byte_buffer read_public_command(handle key) { return command(code::read_public, {key}, {}, {}); }

byte_buffer evict_control(handle key, handle persistent) {
  byte_buffer parameters;
  writer to(parameters);
  put(to, persistent);
  return command(code::evict_control, {handle::owner, key}, {handle::password}, parameters);
}

byte_buffer flush_context(handle loaded) {
  byte_buffer parameters;
  writer to(parameters);
  put(to, loaded);
  return command(code::flush_context, {}, {}, parameters);
}

byte_buffer start_policy_session(byte_view nonce) {
  constexpr std::uint8_t of_policy = 1;  // TPM_SE (Part 2, 6.11)
  byte_buffer parameters;
  writer to(parameters);
  to.sized(nonce);
  to.sized({});  // no salt
  to.u8(of_policy);
  put(to, algorithm::null);  // nothing is encrypted
  put(to, algorithm::sha256);
  return command(code::start_auth_session, {handle::null, handle::null}, {}, parameters);
}

byte_buffer policy_secret(handle session) {
  byte_buffer parameters;
  writer to(parameters);
  to.sized({});  // not bound to a nonce of the TPM's,
  to.sized({});  // to a command,
  to.sized({});  // or to a reference
  to.u32(0);     // ends with the session
  return command(code::policy_secret, {handle::endorsement, session}, {handle::password}, parameters);
}

byte_buffer activate_credential(handle attestation_key, handle endorsement_key, handle session, byte_view blob,
                                byte_view encrypted_secret) {
  auto parameters = to_buffer(blob);
  parameters.insert(parameters.end(), encrypted_secret.begin(), encrypted_secret.end());
  return command(code::activate_credential, {attestation_key, endorsement_key}, {handle::password, session},
                 parameters);
}

byte_buffer quote(handle attestation_key, byte_view nonce, const pcr_selection& pcrs) {
  constexpr std::uint8_t octets = 3;
  byte_buffer parameters;
  writer to(parameters);
  to.sized(nonce);
  put(to, algorithm::null);  // by the key's own scheme
  to.u32(1);
  put(to, pcrs.bank);
  to.u8(octets);
  for (unsigned i = 0; i < octets; ++i) to.u8(static_cast<std::uint8_t>(pcrs.pcrs >> (8 * i)));
  return command(code::quote, {attestation_key}, {handle::password}, parameters);
}

byte_buffer certify(handle key, handle attestation_key, byte_view nonce) {
  byte_buffer parameters;
  writer to(parameters);
  to.sized(nonce);
  put(to, algorithm::null);
  return command(code::certify, {key, attestation_key}, {handle::password, handle::password}, parameters);
}

byte_buffer nv_read_public(std::uint32_t index) {
  return command(code::nv_read_public, {static_cast<handle>(index)}, {}, {});
}

byte_buffer nv_read(std::uint32_t index, std::uint16_t bytes, std::uint16_t offset) {
  byte_buffer parameters;
  writer to(parameters);
  to.u16(bytes);
  to.u16(offset);
  return command(code::nv_read, {handle::owner, static_cast<handle>(index)}, {handle::password}, parameters);
}

result<created_key> read_created(byte_view answer) {
  created_key out;
  PG_TRY(auto from, open(answer, true, &out.handle));
  const auto area = from.sized();
  if (!from.ok()) return fail(errc::malformed, "the TPM's answer is cut short");
  writer(out.public_area).sized(area);
  return out;
}

result<byte_buffer> read_read_public(byte_view answer) {
  PG_TRY(const auto area, read_one(answer));
  return wrapped(area);
}

result<handle> read_session(byte_view answer) {
  handle out{};
  PG_TRY_VOID(open(answer, true, &out));
  return out;
}

result<byte_buffer> read_activated(byte_view answer) { return read_one(answer); }

result<signed_attestation> read_attested(byte_view answer) {
  PG_TRY(auto from, open(answer, false));
  signed_attestation out{.attest = from.sized_copy()};
  out.signature = to_buffer(from.bytes(from.remaining()));
  if (!from.ok() || out.signature.empty()) return fail(errc::malformed, "the TPM's answer is cut short");
  return out;
}

result<std::uint16_t> read_nv_size(byte_view answer) {
  PG_TRY(auto from, open(answer, false));
  reader index(from.sized());  // TPMS_NV_PUBLIC (Part 2, 13.5)
  index.u32();
  index.u16();
  index.u32();
  index.sized();
  const auto bytes = index.u16();
  if (!index.ended_well()) return fail(errc::malformed, "the TPM's answer is cut short");
  return bytes;
}

result<byte_buffer> read_nv(byte_view answer) { return read_one(answer); }

result<> read_done(byte_view answer) {
  PG_TRY_VOID(open(answer, false));
  return {};
}

}  // namespace perigee::wire::tpm
