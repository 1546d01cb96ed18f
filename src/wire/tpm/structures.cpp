#include "wire/tpm/structures.hpp"

#include "base/attestation_limits.hpp"
#include "wire/tpm/detail/big_endian.hpp"

namespace perigee::wire::tpm {
namespace {

using detail::reader;

constexpr std::uint32_t generated = 0xFF54'4347;  // TPM_GENERATED_VALUE (6.2)
constexpr std::uint16_t attest_certify = 0x8017;  // TPM_ST (6.9)
constexpr std::uint16_t attest_quote = 0x8018;
constexpr std::uint16_t default_exponent = 0;

algorithm read_algorithm(reader& from) { return static_cast<algorithm>(from.u16()); }

/// TPMT_SYM_DEF_OBJECT (11.1.7): null, or a cipher with the bits of its key and its mode.
void read_symmetric(reader& from, public_area& into) {
  into.symmetric = read_algorithm(from);
  if (into.symmetric == algorithm::null) return;
  into.symmetric_bits = from.u16();
  into.symmetric_mode = read_algorithm(from);
}

/// TPMT_RSA_SCHEME, TPMT_ECC_SCHEME (11.2.4.2, 11.2.5.6): null, or a scheme with its digest.
void read_scheme(reader& from, public_area& into) {
  into.scheme = read_algorithm(from);
  const bool known =
      into.scheme == algorithm::rsassa || into.scheme == algorithm::rsapss || into.scheme == algorithm::ecdsa;
  if (known) {
    into.scheme_digest = read_algorithm(from);
  } else if (into.scheme != algorithm::null) {
    from.fail();
  }
}

rsa_key read_rsa(reader& from) {
  rsa_key out{.bits = from.u16(), .exponent = from.u32()};
  out.modulus = from.sized_copy();
  if (out.exponent == default_exponent) out.exponent = 65'537;
  return out;
}

ecc_key read_ecc(reader& from) {
  ecc_key out{.curve = static_cast<curve>(from.u16())};
  if (read_algorithm(from) != algorithm::null) from.fail();  // the KDF scheme: none is used by any profile
  out.x = from.sized_copy();
  out.y = from.sized_copy();
  return out;
}

std::uint32_t read_pcr_bits(reader& from) {
  std::uint32_t out = 0;
  const std::size_t octets = from.u8();
  if (octets > sizeof out) from.fail();
  for (std::size_t i = 0; from.ok() && i < octets; ++i) out |= std::uint32_t{from.u8()} << (8 * i);
  return out;
}

quote_info read_quote(reader& from) {
  quote_info out;
  const auto banks = from.u32();
  if (banks > limits::tpm_pcr_banks_max) from.fail();
  for (std::uint32_t i = 0; from.ok() && i < banks; ++i) {
    const auto bank = read_algorithm(from);
    out.selected.push_back({bank, read_pcr_bits(from)});
  }
  out.digest = from.sized_copy();
  return out;
}

certify_info read_certification(reader& from) {
  certify_info out{.name = from.sized_copy()};
  from.sized();  // the qualified name, which depends on what it was loaded under
  return out;
}

clock_info read_clock(reader& from) {
  clock_info out{.milliseconds = from.u64(), .resets = from.u32(), .restarts = from.u32()};
  const auto safe = from.u8();
  if (safe > 1) from.fail();
  out.safe = safe == 1;
  return out;
}

}  // namespace

std::size_t digest_bytes(algorithm of) {
  switch (of) {
    case algorithm::sha1: return 20;
    case algorithm::sha256: return 32;
    case algorithm::sha384: return 48;
    case algorithm::sha512: return 64;
    default: return 0;
  }
}

result<public_area> read_public(byte_view tpm2b) {
  reader outer(tpm2b);
  const auto inside = outer.sized();
  if (!outer.ended_well() || inside.size() > limits::tpm_structure_bytes_max) {
    return fail(errc::malformed, "this is no TPM2B_PUBLIC");
  }
  reader from(inside);
  const auto type = read_algorithm(from);
  public_area out{.name_digest = read_algorithm(from), .attributes = from.u32(), .encoded = to_buffer(inside)};
  from.sized();  // the policy: what the key may do without its authorisation
  if (type != algorithm::rsa && type != algorithm::ecc) {
    return fail(errc::unsupported, "the public area is of no RSA or ECC key");
  }
  read_symmetric(from, out);
  read_scheme(from, out);
  if (type == algorithm::rsa) {
    out.key = read_rsa(from);
  } else {
    out.key = read_ecc(from);
  }
  if (!from.ended_well()) return fail(errc::malformed, "this is no TPM2B_PUBLIC");
  return out;
}

result<attest> read_attest(byte_view bytes) {
  if (bytes.size() > limits::tpm_structure_bytes_max) return fail(errc::malformed, "this is no TPMS_ATTEST");
  reader from(bytes);
  if (from.u32() != generated) return fail(errc::malformed, "no TPM has made this: it is not TPM_GENERATED");
  const auto type = from.u16();
  attest out{.signer = from.sized_copy(), .extra_data = from.sized_copy(), .clock = read_clock(from)};
  out.firmware = from.u64();
  if (from.ok() && type != attest_quote && type != attest_certify) {
    return fail(errc::unsupported, "the attestation is no quote and no certification");
  }
  if (type == attest_quote) {
    out.what = read_quote(from);
  } else {
    out.what = read_certification(from);
  }
  if (!from.ended_well()) return fail(errc::malformed, "this is no TPMS_ATTEST");
  return out;
}

result<signature> read_signature(byte_view bytes) {
  if (bytes.size() > limits::tpm_structure_bytes_max) return fail(errc::malformed, "this is no TPMT_SIGNATURE");
  reader from(bytes);
  signature out{.scheme = read_algorithm(from), .digest = read_algorithm(from)};
  const bool is_rsa = out.scheme == algorithm::rsassa || out.scheme == algorithm::rsapss;
  if (from.ok() && !is_rsa && out.scheme != algorithm::ecdsa) {
    return fail(errc::unsupported, "the signature is not RSASSA, RSAPSS or ECDSA");
  }
  out.r = from.sized_copy();
  if (!is_rsa) out.s = from.sized_copy();
  if (!from.ended_well()) return fail(errc::malformed, "this is no TPMT_SIGNATURE");
  return out;
}

}  // namespace perigee::wire::tpm
