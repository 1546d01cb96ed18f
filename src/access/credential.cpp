#include "access/credential.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <format>
#include <optional>

#include "base/limits.hpp"
#include "crypto/base64.hpp"

namespace perigee::access {
namespace {

using crypto::from_base64;
using crypto::padding;
using crypto::to_base64;

constexpr std::string_view argon2_prefix = "$argon2id$v=19$";
constexpr std::string_view scram_prefix = "SCRAM-SHA-256$";
constexpr std::size_t salt_bytes_min = 8;
constexpr std::size_t salt_bytes_max = 64;
constexpr std::size_t hash_bytes = 32;
constexpr std::uint32_t passes_max = 64;
constexpr std::uint32_t lanes_max = 16;

/// Takes off `rest` what stands before `end`, and `end` with it.
std::optional<std::string_view> take_until(std::string_view& rest, char end) {
  const auto at = rest.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const auto taken = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return taken;
}

/// Digits alone, without a sign or a zero before them.
std::optional<std::uint32_t> whole(std::string_view text) {
  std::uint32_t out = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed != std::errc() || end != text.data() + text.size() || (text.size() > 1 && text[0] == '0')) {
    return std::nullopt;
  }
  return out;
}

/// "m=19456".
std::optional<std::uint32_t> parameter(std::optional<std::string_view> text, std::string_view name) {
  if (!text || !text->starts_with(name)) return std::nullopt;
  return whole(text->substr(name.size()));
}

std::optional<crypto::digest> digest_from(std::string_view base64) {
  const auto bytes = from_base64(base64, padding::with);
  crypto::digest out;
  if (!bytes || bytes->size() != out.size()) return std::nullopt;
  std::ranges::copy(*bytes, out.begin());
  return out;
}

bool is_salt(const result<byte_buffer>& salt) {
  return salt && salt->size() >= salt_bytes_min && salt->size() <= salt_bytes_max;
}

bool is_printable_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

constexpr std::string_view hexadecimal_digits = "0123456789abcdef";

}  // namespace

std::optional<crypto::digest> digest_in_hexadecimal(std::string_view text) {
  crypto::digest out;
  if (text.size() != 2 * out.size()) return std::nullopt;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto* digits = text.data() + 2 * i;
    const auto [end, failed] = std::from_chars(digits, digits + 2, out[i], 16);
    if (failed != std::errc() || end != digits + 2) return std::nullopt;
  }
  return out;
}

std::string to_hexadecimal(byte_view bytes) {
  std::string out;
  for (const auto one : bytes) {
    out += hexadecimal_digits[one >> 4];
    out += hexadecimal_digits[one & 15];
  }
  return out;
}

result<password_hash> password_hash::parse(std::string_view text) {
  constexpr auto* what = "not $argon2id$v=19$m=...,t=...,p=...$SALT$HASH";
  if (!text.starts_with(argon2_prefix)) return fail(errc::malformed, what);
  auto rest = text.substr(argon2_prefix.size());
  const auto memory = parameter(take_until(rest, ','), "m=");
  const auto passes = parameter(take_until(rest, ','), "t=");
  const auto lanes = parameter(take_until(rest, '$'), "p=");
  const auto salt_text = take_until(rest, '$');
  if (!memory || !passes || !lanes || !salt_text) return fail(errc::malformed, what);
  auto salt = from_base64(*salt_text, padding::without);
  auto hash = from_base64(rest, padding::without);
  if (!is_salt(salt) || !hash || hash->size() != hash_bytes) {
    return fail(errc::malformed, "the salt has 8 to 64 bytes and the hash 32, in base64 without padding");
  }
  if (*passes == 0 || *lanes == 0 || *memory / 8 < *lanes) {
    return fail(errc::malformed, "Argon2 has at least one pass, one lane, and 8 KiB for each lane");
  }
  if (*memory > limits::access_hash_memory_kib_max || *passes > passes_max || *lanes > lanes_max) {
    return fail(errc::too_large, "a cost over what this program spends on a password");
  }
  return password_hash{{*memory, *passes, *lanes}, std::move(*salt), std::move(*hash)};
}

result<password_hash> password_hash::make(byte_view password, byte_view salt, const crypto::argon2_cost& cost) {
  password_hash out{cost, to_buffer(salt), byte_buffer(hash_bytes)};
  PG_TRY_VOID(crypto::argon2id({password, salt}, cost, out.hash));
  return out;
}

std::string password_hash::text() const {
  return std::format("{}m={},t={},p={}${}${}", argon2_prefix, cost.memory_kib, cost.passes, cost.lanes,
                     to_base64(salt, padding::without), to_base64(hash, padding::without));
}

result<bool> password_hash::fits(byte_view password) const {
  std::array<std::uint8_t, hash_bytes> found{};
  PG_TRY_VOID(crypto::argon2id({password, salt}, cost, found));
  return crypto::same_secret(found, hash);
}

result<scram_verifier> scram_verifier::parse(std::string_view text) {
  constexpr auto* what = "not SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY";
  if (!text.starts_with(scram_prefix)) return fail(errc::malformed, what);
  auto rest = text.substr(scram_prefix.size());
  const auto iterations_text = take_until(rest, ':');
  const auto salt_text = take_until(rest, '$');
  const auto stored_text = take_until(rest, ':');
  if (!iterations_text || !salt_text || !stored_text) return fail(errc::malformed, what);
  const auto iterations = whole(*iterations_text);
  auto salt = from_base64(*salt_text, padding::with);
  const auto stored = digest_from(*stored_text);
  const auto server = digest_from(rest);
  if (!iterations || !is_salt(salt) || !stored || !server) return fail(errc::malformed, what);
  if (*iterations < limits::access_scram_iterations_min || *iterations > limits::access_scram_iterations_max) {
    return fail(errc::too_large, "SCRAM iterates 4096 to 1000000 times");
  }
  return scram_verifier{*iterations, std::move(*salt), *stored, *server};
}

result<scram_verifier> scram_verifier::make(std::string_view password, byte_view salt, std::uint32_t iterations) {
  if (!is_printable_ascii(password)) {
    return fail(errc::unsupported, "SCRAM prepares a password that is not ASCII in ways that are not served here");
  }
  scram_verifier out{iterations, to_buffer(salt), {}, {}};
  const auto salted = crypto::pbkdf2_sha256(as_bytes(password), salt, iterations);  // RFC 5802 3
  out.stored_key = crypto::sha256(crypto::hmac_sha256(salted, as_bytes("Client Key")));
  out.server_key = crypto::hmac_sha256(salted, as_bytes("Server Key"));
  return out;
}

std::string scram_verifier::text() const {
  return std::format("{}{}:{}${}:{}", scram_prefix, iterations, to_base64(salt, padding::with),
                     to_base64(stored_key, padding::with), to_base64(server_key, padding::with));
}

std::string make_token(byte_view random) { return std::string(token_prefix) + to_hexadecimal(random); }

bool is_token(std::string_view text) {
  return text.starts_with(token_prefix) && text.size() == token_prefix.size() + 2 * token_random_bytes;
}

crypto::digest digest_of_token(std::string_view token) { return crypto::sha256(as_bytes(token)); }

}  // namespace perigee::access
