#pragma once
// A token lets somebody in once, or a few times, until it expires: a node that joins, a device that enrols.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "control/registry/outcome.hpp"
#include "crypto/password.hpp"

namespace perigee::control::registry {

/// Stored as its number: docs/formats/registry.md.
enum class purpose : std::uint8_t {
  join,     // a node becomes a child
  enrol,    // a device gets its certificate
  api,      // a program talks to the API
  gateway,  // a node becomes a child, and gets an authority of its own, constrained to its name
};
inline constexpr std::size_t purpose_count = 4;
[[nodiscard]] std::string_view name_of(purpose p);
[[nodiscard]] std::optional<purpose> purpose_of(std::string_view name);

/// What an operator says of a token when it is made.
struct new_token {
  std::string id;  // random, for people to name it by; is_name
  purpose is = purpose::join;
  std::string pattern = "*";  // whom it is for: a name, where `*` stands for any characters and none
  timestamp expires{};
  std::uint32_t uses = 1;
  crypto::digest secret{};  // SHA-256 of the secret (access::digest_of_token): the secret itself is kept nowhere
};

struct token {
  new_token given;
  timestamp created{};
  std::string by{};
  std::uint32_t uses_left = 0;
  timestamp revoked{};  // 0: it is not
};

/// Why a token was not taken: the first of these that holds.
enum class token_refusal : std::uint8_t {
  unknown,
  revoked,
  another_purpose,
  expired,
  used,          // as often as it could be
  another_name,  // it is for another one
};
/// For the log, the audit and whoever has a right to know; a stranger is told only that it was refused.
[[nodiscard]] const char* sentence_of(token_refusal why);
/// Nothing where it may be used now by `name`.
[[nodiscard]] std::optional<token_refusal> unfit(const token& of, purpose wanted, std::string_view name, timestamp now);
/// It can be used no more, whoever comes.
[[nodiscard]] bool has_ended(const token& of, timestamp now);

/// Whether `pattern` names `name`: `*` stands for any characters and none.
[[nodiscard]] bool fits(std::string_view pattern, std::string_view name);
/// A name, or one with `*` in it.
[[nodiscard]] bool is_pattern(std::string_view text);
/// Bounds and spelling; nothing where all is well. errc::malformed.
[[nodiscard]] std::optional<refusal> fault_of(const new_token& made, timestamp now);

}  // namespace perigee::control::registry
