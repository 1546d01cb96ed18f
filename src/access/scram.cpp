#include "access/scram.hpp"
#include "crypto/base64.hpp"

#include <algorithm>
#include <format>
#include <optional>

namespace perigee::access {
namespace {

using crypto::from_base64;
using crypto::padding;
using crypto::to_base64;

/// Takes the next attribute off a comma-separated message, and gives its value: RFC 5802 5.1 has them in a fixed order.
std::optional<std::string_view> take(std::string_view& rest, char name) {
  if (rest.size() < 2 || rest[0] != name || rest[1] != '=') return std::nullopt;
  const auto comma = rest.find(',');
  const auto taken = rest.substr(2, comma == std::string_view::npos ? comma : comma - 2);
  rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  return taken;
}

/// RFC 5802 5.1: "=2C" is a comma, "=3D" an equals sign, and nothing else has one.
std::optional<std::string> unescape(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '=') {
      out += name[i];
      continue;
    }
    const auto escape = name.substr(i, 3);
    if (escape != "=2C" && escape != "=3D") return std::nullopt;
    out += escape == "=2C" ? ',' : '=';
    i += 2;
  }
  return out;
}

/// RFC 5802 7: any printable ASCII but the comma.
bool is_nonce(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~' && c != ','; });
}

struct client_first {
  std::string_view gs2_header;
  std::string_view bare;
  std::string user;
  std::string_view nonce;
};

/// RFC 5802 7, client-first-message.
std::optional<client_first> parse_first(std::string_view message) {
  // "n": the client has no channel binding; "y": it has, and sees that the server has not. Both are as they should be.
  if (!message.starts_with("n,") && !message.starts_with("y,")) return std::nullopt;
  const auto header_end = message.find(',', 2);
  if (header_end == std::string_view::npos) return std::nullopt;
  client_first out;
  out.gs2_header = message.substr(0, header_end + 1);
  out.bare = message.substr(header_end + 1);
  auto rest = out.bare;
  const auto name = take(rest, 'n');
  const auto nonce = take(rest, 'r');
  if (!name || !nonce || !is_nonce(*nonce)) return std::nullopt;  // an "m=" in front: an extension nobody has
  auto user = unescape(*name);
  if (!user || user->empty()) return std::nullopt;
  const auto identity = message.substr(2, header_end - 2);
  // Nobody acts for another here.
  if (!identity.empty() && identity != std::format("a={}", *name)) return std::nullopt;
  out.user = std::move(*user);
  out.nonce = *nonce;
  return out;
}

}  // namespace

scram_server::step scram_server::on_message(std::string_view message, finder find) {
  switch (state_) {
    case state::awaiting_first:
      if (message.empty()) return {status::goes_on, {}, ""};
      return on_first(message, find);
    case state::awaiting_final: return on_final(message);
    case state::over: break;
  }
  return refuse("a message after the last");
}

scram_server::step scram_server::refuse(const char* why) {
  state_ = state::over;
  return {status::refused, {}, why};
}

scram_verifier scram_server::stand_in() const {
  constexpr std::size_t usual_salt_bytes = 16;
  const auto salt = crypto::hmac_sha256(salt_secret_, as_bytes(user_));
  return {scram_iterations, {salt.begin(), salt.begin() + usual_salt_bytes}, {}, {}};
}

scram_server::step scram_server::on_first(std::string_view message, finder find) {
  const auto first = parse_first(message);
  if (!first) return refuse("not a SCRAM client-first-message without channel binding");
  user_ = first->user;
  const auto* found = find(user_);
  known_ = found != nullptr;
  verifier_ = known_ ? *found : stand_in();
  gs2_header_ = first->gs2_header;
  first_bare_ = first->bare;
  nonce_.insert(0, first->nonce);
  server_first_ = std::format("r={},s={},i={}", nonce_, to_base64(verifier_.salt, padding::with), verifier_.iterations);
  state_ = state::awaiting_final;
  return {status::goes_on, server_first_, ""};
}

scram_server::step scram_server::on_final(std::string_view message) {
  auto rest = message;
  const auto binding = take(rest, 'c');
  const auto nonce = take(rest, 'r');
  const auto proof_at = message.rfind(",p=");
  if (!binding || !nonce || proof_at == std::string_view::npos) return refuse("not a SCRAM client-final-message");
  const auto proof = from_base64(message.substr(proof_at + 3), padding::with);
  if (!proof || proof->size() != crypto::digest_bytes) return refuse("not a SCRAM proof");
  if (*binding != to_base64(as_bytes(gs2_header_), padding::with))
    return refuse("another channel binding than at first");
  if (*nonce != nonce_) return refuse("another nonce than this exchange's");
  // RFC 5802 3.
  const auto auth_message = std::format("{},{},{}", first_bare_, server_first_, message.substr(0, proof_at));
  auto key = crypto::hmac_sha256(verifier_.stored_key, as_bytes(auth_message));
  std::ranges::transform(key, *proof, key.begin(), [](std::uint8_t a, std::uint8_t b) { return a ^ b; });
  const bool proven = crypto::same_secret(crypto::sha256(key), verifier_.stored_key);
  if (!known_) return refuse("no such user, or one without a SCRAM verifier");
  if (!proven) return refuse("the password is another");
  state_ = state::over;
  const auto signature = crypto::hmac_sha256(verifier_.server_key, as_bytes(auth_message));
  return {status::proven, "v=" + to_base64(signature, padding::with), ""};
}

}  // namespace perigee::access
