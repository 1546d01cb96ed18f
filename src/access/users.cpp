#include "access/users.hpp"

#include <algorithm>
#include <array>
#include <format>

#include "access/detail/kind.hpp"
#include "base/limits.hpp"
#include "settings/kind.hpp"

namespace perigee::access {
namespace {

namespace kind = settings::kind;
using settings::option;
using settings::reading;
using settings::repeated;
using settings::row;
using settings::value;

constexpr std::string_view section_header = "[[user]]";
constexpr std::array<std::string_view, 11> scopes = {mqtt_scope, "read",   "alarms",     "certificates",
                                                     "clients",  "demo",   "enrolments", "quarantine",
                                                     "things",   "tokens", "users"};

struct password_kind {
  static std::string type() { return "Argon2id hash"; }
  static std::optional<password_hash> read(reading& in, const value& from) {
    return detail::read_secret<password_hash>(in, from, "a password is kept as its Argon2id hash");
  }
};
struct scram_kind {
  static std::string type() { return "SCRAM verifier"; }
  static std::optional<scram_verifier> read(reading& in, const value& from) {
    return detail::read_secret<scram_verifier>(in, from, "not the verifier of SCRAM-SHA-256");
  }
};
struct user_name_kind {
  static std::string type() { return "name"; }
  static std::optional<std::string> read(reading& in, const value& from) {
    const auto* found = kind::expect<std::string>(in, from, "a name");
    if (found == nullptr) return std::nullopt;
    if (is_user_name(*found)) return *found;
    in.refuse(from.at, "P0105", "not a user's name",
              std::format("letters, digits, '-', '_', '@' and '.', not '.' first, 1 to {} of them; it may stand in "
                          "topics",
                          limits::config_name_bytes_max));
    return std::nullopt;
  }
};
struct digest_kind {
  static std::string type() { return "SHA-256"; }
  static std::optional<crypto::digest> read(reading& in, const value& from);
};
struct scope_kind {
  static std::string type() { return "scope"; }
  static std::optional<std::string> read(reading& in, const value& from) {
    const auto* found = kind::expect<std::string>(in, from, "a scope");
    if (found == nullptr) return std::nullopt;
    if (std::ranges::contains(token_scopes(), *found)) return *found;
    std::string known;
    for (const auto each : token_scopes()) known += (known.empty() ? "" : ", ") + std::string(each);
    in.refuse(from.at, "P0105", std::format("'{}' is no scope", *found), known);
    return std::nullopt;
  }
};
struct time_kind {
  static std::string type() { return "time"; }
  static std::optional<timestamp> read(reading& in, const value& from);
};

std::optional<crypto::digest> digest_kind::read(reading& in, const value& from) {
  const auto* found = kind::expect<std::string>(in, from, "a text");
  if (found == nullptr) return std::nullopt;
  if (const auto digest = digest_in_hexadecimal(*found)) return *digest;
  in.refuse(from.at, "P0105", "not 64 hexadecimal digits", "`perigee user token` makes a token and keeps its SHA-256");
  return std::nullopt;
}

std::optional<timestamp> time_kind::read(reading& in, const value& from) {
  const auto* found = kind::expect<std::string>(in, from, "a time in quotes");
  if (found == nullptr) return std::nullopt;
  const auto parsed = from_iso8601(*found);
  if (parsed) return *parsed;
  in.refuse(from.at, "P0105", "not a time", "as RFC 3339 has it: \"2027-01-31T12:00:00Z\"");
  return std::nullopt;
}

constexpr option<token> token_options[] = {
    row<&token::name, user_name_kind, token>("name", "required", "which of the user's tokens; told in the log"),
    row<&token::digest, digest_kind, token>("sha256", "required", "of the token: 64 hexadecimal digits"),
    row<&token::expires, time_kind, token>("expires", "never", "when it stops to be taken"),
    row<&token::scopes, kind::list_of<scope_kind, scopes.size()>, token>(
        "scopes", "[\"mqtt\"]", "what it is for: \"mqtt\", or areas of the API: \"read\", \"alarms\", ..."),
};

constexpr option<user> user_options[] = {
    row<&user::name, user_name_kind, user>("name", "required", "the user name of CONNECT, or a certificate's name"),
    row<&user::password, password_kind, user>("password", "none", "Argon2id, as `perigee user passwd` writes it"),
    row<&user::scram, scram_kind, user>("scram", "none", "for SCRAM-SHA-256, which never sends the password"),
    row<&user::thing, kind::name, user>("thing", "none", "what `${thing}` stands for in the policy"),
    row<&user::groups, kind::list_of<user_name_kind, limits::access_groups_max>, user>(
        "groups", "[]", "what the policy may call several users by"),
    row<&user::disabled, kind::boolean, user>("disabled", "false",
                                              "is not let in, by a certificate of this name either"),
    repeated<token_options, &user::tokens, limits::access_tokens_max, user>("token", "[[user.token]]",
                                                                            "in place of a password"),
};

struct file {
  std::vector<user> users;
};
constexpr option<file> file_options[] = {
    repeated<user_options, &file::users, limits::access_users_max, file>("user", "[[user]]", "who may connect"),
};

std::string in_quotes(std::string_view text) { return std::format("\"{}\"", text); }

std::string list_of(std::span<const std::string> all) {
  std::string out;
  for (const auto& each : all) out += (out.empty() ? "" : ", ") + in_quotes(each);
  return std::format("[{}]", out);
}

/// One byte past the last of a line, and where each begins: lines count from 1.
std::size_t start_of_line(std::string_view text, std::uint32_t line) {
  std::size_t at = 0;
  for (std::uint32_t i = 1; i < line && at < text.size(); ++i) {
    const auto newline = text.find('\n', at);
    at = newline == std::string_view::npos ? text.size() : newline + 1;
  }
  return at;
}

/// Where a user's section stands. Comments and empty lines before the next section are not its own.
struct span_of_text {
  std::size_t from = 0;
  std::size_t to = 0;
};

span_of_text section_of(std::string_view text, const user_list& users, std::size_t index) {
  const auto from = start_of_line(text, users.all()[index].at.line);
  const bool last = index + 1 == users.all().size();
  const auto next = last ? text.size() : start_of_line(text, users.all()[index + 1].at.line);
  auto to = from;
  for (auto line = from; line < next;) {
    const auto newline = text.find('\n', line);
    const auto end = newline == std::string_view::npos ? text.size() : newline + 1;
    const auto content = text.find_first_not_of(" \t\r\n", line);
    if (content < end && text[content] != '#') to = end;
    line = end;
  }
  return {from, to};
}

/// The list, where each of its users begins with a header on a line of its own.
result<user_list> parse_sections(source_text source) {
  auto users = user_list::parse(source);
  if (!users) return fail(errc::malformed, "the user file has errors: `perigee validate` shows them");
  for (const auto& one : users->all()) {
    const auto line = source.text.substr(start_of_line(source.text, one.at.line));
    const auto start = line.find_first_not_of(" \t");
    if (start == std::string_view::npos || !line.substr(start).starts_with(section_header)) {
      return fail(errc::unsupported, "the file's users do not stand in [[user]] sections, which this command needs");
    }
  }
  return std::move(*users);
}

std::size_t index_of(const user_list& users, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::find(users.all(), name, &user::name) - users.all().begin());
}

}  // namespace

std::span<const std::string_view> token_scopes() { return scopes; }

bool token::is_for_mqtt() const { return scopes.empty() || std::ranges::contains(scopes, mqtt_scope); }

bool is_user_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.' || c == '@';
  };
  return !text.empty() && text.size() <= limits::config_name_bytes_max && !text.starts_with('.') &&
         std::ranges::all_of(text, fits);
}

std::expected<user_list, diagnostics> user_list::parse(source_text source) {
  const auto root = settings::parse_document(source, limits::access_file_bytes_max);
  if (!root) return std::unexpected(diagnostics{root.error()});
  reading notes{.source = source};
  file read;
  settings::read_table(notes, "the file", *root, settings::all(file_options), read);
  user_list out;
  out.users_ = std::move(read.users);
  for (std::size_t i = 0; i < out.users_.size(); ++i) {
    const auto& one = out.users_[i];
    if (one.name.empty()) continue;
    if (!out.by_name_.emplace(one.name, i).second) {
      notes.refuse(one.at, "P0116", std::format("a second user called '{}'", one.name), "take one of them away");
    }
    for (std::size_t t = 0; t < one.tokens.size(); ++t) {
      if (out.by_token_.emplace(one.tokens[t].digest, std::pair(i, t)).second) continue;
      notes.refuse(one.at, "P0116", std::format("the token '{}' stands twice in the file", one.tokens[t].name),
                   "a token is one user's: make another with `perigee user token`");
    }
  }
  if (!notes.errors.empty()) return std::unexpected(notes.sorted_errors());
  return out;
}

const user* user_list::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &users_[found->second];
}

user_list::token_match user_list::find_token(const crypto::digest& digest) const {
  const auto found = by_token_.find(digest);
  if (found == by_token_.end()) return {};
  const auto& of = users_[found->second.first];
  return {&of, &of.tokens[found->second.second]};
}

password_hash user_list::dummy() const {
  constexpr std::size_t salt_bytes = 16;
  const auto first = std::ranges::find_if(users_, [](const user& u) { return u.password.has_value(); });
  const auto cost = first == users_.end() ? crypto::argon2_cost{} : first->password->cost;
  return {cost, byte_buffer(salt_bytes), byte_buffer(crypto::digest_bytes)};
}

std::vector<settings::option_help> user_file_options() {
  std::vector<settings::option_help> out;
  settings::describe_table("", settings::all(file_options), out);
  return out;
}

std::string to_toml(const user& one) {
  std::string out = std::format("{}\nname = {}\n", section_header, in_quotes(one.name));
  const auto put = [&out](std::string_view key, std::string_view text) {
    out += std::format("{} = {}\n", key, in_quotes(text));
  };
  if (one.disabled) out += "disabled = true\n";
  if (!one.thing.empty()) put("thing", one.thing);
  if (!one.groups.empty()) out += std::format("groups = {}\n", list_of(one.groups));
  if (one.password) put("password", one.password->text());
  if (one.scram) put("scram", one.scram->text());
  for (const auto& each : one.tokens) {
    out += std::format("[[user.token]]\nname = {}\nsha256 = {}\n", in_quotes(each.name),
                       in_quotes(to_hexadecimal(each.digest)));
    if (each.expires) put("expires", to_iso8601(*each.expires));
    if (!each.scopes.empty()) out += std::format("scopes = {}\n", list_of(each.scopes));
  }
  return out;
}

result<std::string> with_user(source_text source, const user& one) {
  PG_TRY(const auto users, parse_sections(source));
  std::string out(source.text);
  const auto index = index_of(users, one.name);
  if (index != users.all().size()) {
    const auto [from, to] = section_of(source.text, users, index);
    return out.replace(from, to - from, to_toml(one));
  }
  if (!out.empty()) out += out.ends_with('\n') ? "\n" : "\n\n";
  return out + to_toml(one);
}

result<std::string> without_user(source_text source, std::string_view name) {
  PG_TRY(const auto users, parse_sections(source));
  const auto index = index_of(users, name);
  if (index == users.all().size()) return fail(errc::not_found, "the file has no such user");
  const auto [from, to] = section_of(source.text, users, index);
  return std::string(source.text).erase(from, to - from);
}

}  // namespace perigee::access
