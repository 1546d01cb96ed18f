#include "control/attestation/software_tpm_test.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <bit>

#include "base/check.hpp"
#include "control/attestation/detail/digests.hpp"

namespace perigee::control::attestation {
namespace {

namespace attribute = wire::tpm::attribute;
using wire::tpm::algorithm;

constexpr std::uint32_t kept = attribute::fixed_tpm | attribute::fixed_parent | attribute::sensitive_data_origin;

void put16(byte_buffer& to, std::uint16_t x) { byte_writer(to).u16(std::byteswap(x)); }
void put32(byte_buffer& to, std::uint32_t x) { byte_writer(to).u32(std::byteswap(x)); }
void put64(byte_buffer& to, std::uint64_t x) { byte_writer(to).u64(std::byteswap(x)); }
void put(byte_buffer& to, algorithm x) { put16(to, static_cast<std::uint16_t>(x)); }
void put(byte_buffer& to, byte_view bytes) { byte_writer(to).bytes(bytes); }
void put_sized(byte_buffer& to, byte_view bytes) {
  put16(to, static_cast<std::uint16_t>(bytes.size()));
  put(to, bytes);
}

byte_buffer coordinate(const EVP_PKEY* of, const char* name) {
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(of, name, &number);
  const crypto::number_ptr owned(number);
  byte_buffer out(32);
  BN_bn2binpad(number, out.data(), 32);
  return out;
}

byte_buffer begin_attest(std::uint16_t type, byte_view nonce) {
  byte_buffer out;
  put32(out, 0xFF544347);
  put16(out, type);
  put_sized(out, as_bytes("whoever signs"));
  put_sized(out, nonce);
  put64(out, 123'456);
  put32(out, 7);
  put32(out, 0);
  out.push_back(1);
  put64(out, 0x2020'0101'0000'0000);
  return out;
}

/// The header of a log with one bank, SHA-256.
byte_buffer log_header() {
  byte_buffer spec = to_buffer(as_bytes(std::string_view("Spec ID Event03\0", 16)));
  byte_writer in_spec(spec);
  in_spec.u32(0);
  in_spec.bytes(byte_buffer{0, 2, 0, 2});
  in_spec.u32(1);
  in_spec.u16(static_cast<std::uint16_t>(algorithm::sha256));
  in_spec.u16(32);
  in_spec.u8(0);
  byte_buffer out;
  byte_writer to(out);
  to.u32(0);
  to.u32(wire::tpm::event_type::no_action);
  to.bytes(byte_buffer(20));
  to.u32(static_cast<std::uint32_t>(spec.size()));
  to.bytes(spec);
  return out;
}

/// What the endorsement key agrees on with the point in an encrypted secret.
byte_buffer agree(const software_key& own, byte_view point) {
  byte_buffer encoded{4};
  put(encoded, point.subspan(2, 32));
  put(encoded, point.subspan(36, 32));
  const crypto::key_ptr peer(EVP_PKEY_new());
  EVP_PKEY_copy_parameters(peer.get(), own.native());
  PG_CHECK(EVP_PKEY_set1_encoded_public_key(peer.get(), encoded.data(), encoded.size()) == 1, "a point of the curve");
  const std::unique_ptr<EVP_PKEY_CTX, crypto::freed_by<EVP_PKEY_CTX_free>> context(
      EVP_PKEY_CTX_new(own.native(), nullptr));
  EVP_PKEY_derive_init(context.get());
  EVP_PKEY_derive_set_peer(context.get(), peer.get());
  byte_buffer out(32);
  auto bytes = out.size();
  PG_CHECK(EVP_PKEY_derive(context.get(), out.data(), &bytes) == 1, "two keys of one curve agree");
  return out;
}

byte_buffer decrypt_aes_cfb(byte_view key, byte_view sealed) {
  const std::unique_ptr<EVP_CIPHER_CTX, crypto::freed_by<EVP_CIPHER_CTX_free>> context(EVP_CIPHER_CTX_new());
  const byte_buffer zeros(16);
  byte_buffer out(sealed.size());
  int bytes = 0;
  EVP_DecryptInit_ex(context.get(), EVP_aes_128_cfb128(), nullptr, key.data(), zeros.data());
  EVP_DecryptUpdate(context.get(), out.data(), &bytes, sealed.data(), static_cast<int>(sealed.size()));
  return out;
}

}  // namespace

software_key::software_key(key_shape shape) : key_(EVP_EC_gen("P-256")) {
  byte_buffer inside;
  put(inside, algorithm::ecc);
  put(inside, algorithm::sha256);
  put32(inside, shape.attributes);
  put_sized(inside, {});
  if (shape.encrypts) {
    put(inside, algorithm::aes);
    put16(inside, 128);
    put(inside, algorithm::cfb);
  } else {
    put(inside, algorithm::null);
  }
  put(inside, shape.has_scheme ? algorithm::ecdsa : algorithm::null);
  if (shape.has_scheme) put(inside, algorithm::sha256);
  put16(inside, static_cast<std::uint16_t>(wire::tpm::curve::p256));
  put(inside, algorithm::null);
  put_sized(inside, coordinate(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X));
  put_sized(inside, coordinate(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y));
  put_sized(area_, inside);
}

byte_buffer software_key::sign(byte_view bytes) const {
  const std::unique_ptr<EVP_MD_CTX, crypto::freed_by<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get());
  byte_buffer der(80);
  auto size = der.size();
  PG_CHECK(EVP_DigestSign(context.get(), der.data(), &size, bytes.data(), bytes.size()) == 1, "a key signs");
  const auto* at = static_cast<const unsigned char*>(der.data());
  const std::unique_ptr<ECDSA_SIG, crypto::freed_by<ECDSA_SIG_free>> pair(
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  byte_buffer out;
  put(out, algorithm::ecdsa);
  put(out, algorithm::sha256);
  for (const auto* number : {ECDSA_SIG_get0_r(pair.get()), ECDSA_SIG_get0_s(pair.get())}) {
    byte_buffer padded(32);
    BN_bn2binpad(number, padded.data(), 32);
    put_sized(out, padded);
  }
  return out;
}

software_tpm::software_tpm()
    : endorsement(
          {.attributes = kept | attribute::restricted | attribute::decrypt, .encrypts = true, .has_scheme = false}),
      attestation({.attributes = kept | attribute::restricted | attribute::sign}),
      device({.attributes = kept | attribute::sign, .has_scheme = false}),
      log(log_header()) {
  for (std::uint32_t pcr = 0; pcr < 24; ++pcr) pcrs[pcr] = byte_buffer(32);
}

void software_tpm::extend(std::uint32_t pcr, byte_view digest) {
  pcrs[pcr] = detail::digest_of(algorithm::sha256, {pcrs[pcr], digest});
}

void software_tpm::measure(std::uint32_t pcr, std::uint32_t type, byte_view data) {
  const auto digest = detail::digest_of(algorithm::sha256, {data});
  extend(pcr, digest);
  byte_writer to(log);
  to.u32(pcr);
  to.u32(type);
  to.u32(1);
  to.u16(static_cast<std::uint16_t>(algorithm::sha256));
  to.bytes(digest);
  to.u32(static_cast<std::uint32_t>(data.size()));
  to.bytes(data);
}

byte_buffer software_tpm::quote(byte_view nonce, std::uint32_t selected) const {
  auto out = begin_attest(0x8018, nonce);
  put32(out, 1);
  put(out, algorithm::sha256);
  out.push_back(3);
  pcr_values values;
  for (const auto& [pcr, value] : pcrs) {
    if ((selected & (1U << pcr)) != 0) values.emplace(pcr, value);
  }
  for (unsigned i = 0; i < 3; ++i) out.push_back(static_cast<std::uint8_t>(selected >> (8 * i)));
  put_sized(out, digest_of(values, algorithm::sha256));
  return out;
}

byte_buffer software_tpm::certify(const software_key& key, byte_view nonce) const {
  auto out = begin_attest(0x8017, nonce);
  put_sized(out, name_of(key.as_read().area));
  put_sized(out, as_bytes("a qualified name"));
  return out;
}

byte_buffer software_tpm::activate(const credential& sealed) const {
  const byte_view point = byte_view(sealed.encrypted_secret).subspan(2);
  const auto name = name_of(attestation.as_read().area);
  const auto x = coordinate(endorsement.native(), OSSL_PKEY_PARAM_EC_PUB_X);
  const auto seed =
      detail::kdfe(algorithm::sha256, agree(endorsement, point), "IDENTITY", point.subspan(2, 32), x, 256);
  const auto integrity = byte_view(sealed.blob).subspan(4, 32);
  const auto encrypted = byte_view(sealed.blob).subspan(36);
  const auto hmac_key = detail::kdfa(algorithm::sha256, seed, "INTEGRITY", {}, {}, 256);
  if (!std::ranges::equal(detail::hmac_of(algorithm::sha256, hmac_key, {encrypted, name}), integrity)) return {};
  const auto plain = decrypt_aes_cfb(detail::kdfa(algorithm::sha256, seed, "STORAGE", name, {}, 128), encrypted);
  return to_buffer(byte_view(plain).subspan(2));
}

evidence software_tpm::answer(const challenge& to, const std::string& name) const {
  evidence out{.name = name, .challenge = to.id};
  out.secret = activate(to.sealed);
  out.quote = quote(to.nonce, to.pcrs.pcrs);
  out.quote_signature = attestation.sign(out.quote);
  out.log = log;
  out.device_key = device.public_area();
  out.certification = certify(device, to.nonce);
  out.certification_signature = attestation.sign(out.certification);
  return out;
}

application software_tpm::apply(const std::string& name) const {
  return {.name = name,
          .endorsement_key = endorsement.public_area(),
          .attestation_key = attestation.public_area(),
          .known_fingerprint = endorsement.as_read().key.fingerprint()};
}

byte_buffer secure_boot_variable(bool on) {
  byte_buffer out{0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c};
  const std::string_view name = "SecureBoot";
  byte_writer to(out);
  to.u64(name.size());
  to.u64(1);
  for (const char c : name) to.u16(static_cast<std::uint16_t>(c));
  to.u8(on ? 1 : 0);
  return out;
}

}  // namespace perigee::control::attestation
