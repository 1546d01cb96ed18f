#pragma once
// Who may connect: the user file (docs/formats/users.md). Read whole and refused whole (promise P11), and never
// changed: a reload makes another.

#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "access/credential.hpp"
#include "base/diagnostic.hpp"
#include "base/time.hpp"
#include "settings/option.hpp"

namespace perigee::access {

/// What a token may be for: a client of the MQTT door, or an area of the API (docs/api.md, "Tokens").
inline constexpr std::string_view mqtt_scope = "mqtt";
[[nodiscard]] std::span<const std::string_view> token_scopes();

/// A second way in for one user, which ends by itself or by taking it away.
struct token {
  std::string name;
  crypto::digest digest{};
  std::optional<timestamp> expires{};
  std::vector<std::string> scopes{};  // none: as with "mqtt" alone

  [[nodiscard]] bool is_for_mqtt() const;
};

/// One who may connect, or whose certificate's name has a thing and groups.
struct user {
  settings::position at{};
  std::string name;
  std::optional<password_hash> password{};
  std::optional<scram_verifier> scram{};
  std::string thing{};  // what `${thing}` stands for; empty: none
  std::vector<std::string> groups{};
  bool disabled = false;  // is let in by nothing, a certificate of this name included
  std::vector<token> tokens{};
};

/// Letters, digits, '.', '_', '-' and '@', not '.' first, at most limits::config_name_bytes_max: it stands in topics.
[[nodiscard]] bool is_user_name(std::string_view text);

class user_list {
 public:
  struct token_match {
    const user* of = nullptr;
    const token* with = nullptr;
  };

  user_list() = default;
  /// Every error at once, by position.
  [[nodiscard]] static std::expected<user_list, diagnostics> parse(source_text source);
  user_list(user_list&&) = default;
  user_list& operator=(user_list&&) = default;
  user_list(const user_list&) = delete;
  user_list& operator=(const user_list&) = delete;

  /// Null where there is none. What is given lives as long as the list.
  [[nodiscard]] const user* find(std::string_view name) const;
  /// Nulls where no token has this digest. Whether it has expired is the caller's to see.
  [[nodiscard]] token_match find_token(const crypto::digest& digest) const;
  /// In the order of the file.
  [[nodiscard]] const std::vector<user>& all() const { return users_; }
  /// What an unknown user's password is tried against, so that the time does not tell who is known: the cost of the
  /// first password in the file.
  [[nodiscard]] password_hash dummy() const;

 private:
  std::vector<user> users_;
  std::map<std::string_view, std::size_t> by_name_;
  std::map<crypto::digest, std::pair<std::size_t, std::size_t>> by_token_;  // user, token
};

/// The documentation of the file, from the tables that read it.
[[nodiscard]] std::vector<settings::option_help> user_file_options();

/// A user as the file has it: `[[user]]` and what follows.
[[nodiscard]] std::string to_toml(const user& one);
/// The file's text with this user in place of the one of the same name, or behind the last. What else stands in the
/// text, comments included, stays. errc::malformed where the file does not parse; errc::unsupported where its users do
/// not stand in [[user]] sections of their own.
[[nodiscard]] result<std::string> with_user(source_text source, const user& one);
/// The text without that user. errc::not_found, and as with_user.
[[nodiscard]] result<std::string> without_user(source_text source, std::string_view name);

}  // namespace perigee::access
