// `perigee user`: the user file of a node (docs/access.md). A running node follows the file by itself.

#include <algorithm>
#include <format>
#include <ranges>

#include "access/filter.hpp"
#include "access/users.hpp"
#include "base/limits.hpp"
#include "base/percent.hpp"
#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/node_api.hpp"
#include "cli/page_link.hpp"
#include "cli/password_input.hpp"
#include "io/file.hpp"
#include "node/access_files.hpp"
#include "node/process.hpp"
#include "node/user_file.hpp"

namespace perigee::cli {
namespace {

constexpr std::size_t salt_bytes = 16;

exit_code refuse(exit_code code, std::string_view sentence) {
  complain(std::format("perigee user: {}\n", sentence));
  return code;
}

/// Where the users are, and what the file says now.
struct user_file {
  std::string path;
  std::string text;
  access::user_list users;
};

std::expected<std::string, exit_code> path_of(const invocation& called) {
  if (const auto file = called.text("--users")) return *file;
  const auto node = called.text("--node");
  if (!node) return std::unexpected(refuse(exit_code::usage, "whose? --users FILE, or --node with its configuration"));
  const auto chosen = node::load_config(*node);
  if (!chosen) {
    complain(render_all(chosen.error()));
    return std::unexpected(exit_code::config);
  }
  if (chosen->access && chosen->access->users) return *chosen->access->users;
  return std::unexpected(refuse(exit_code::config, "its configuration has no [access] with users = \"...\""));
}

/// A file that is not there yet has no users.
std::expected<user_file, exit_code> open_file(const invocation& called) {
  const auto path = path_of(called);
  if (!path) return std::unexpected(path.error());
  user_file out{*path, {}, {}};
  const auto bytes = io::read_whole(io::real_disk(), out.path, limits::access_file_bytes_max);
  if (bytes) {
    out.text = as_text(*bytes);
  } else if (!is(bytes.error(), errc::not_found)) {
    return std::unexpected(refuse(exit_code::config, std::format("{}: {}", out.path, bytes.error().text())));
  }
  auto users = access::user_list::parse({out.path, out.text});
  if (!users) {
    complain(render_all(users.error()));
    return std::unexpected(exit_code::config);
  }
  out.users = std::move(*users);
  return out;
}

/// Replaces the file, or leaves it as it was.
exit_code write(const user_file& file, const result<std::string>& text) {
  if (!text) return refuse(exit_code::config, std::format("{}: {}", file.path, text.error().what));
  const auto written = node::replace_user_file(io::real_disk(), file.path, file.text, *text);
  if (written) return exit_code::ok;
  return refuse(exit_code::failed,
                std::format("{}: {}", file.path,
                            is(written.error(), errc::exists) ? written.error().what : written.error().text()));
}

result<> set_password(access::user& of, bool scram) {
  PG_TRY(const auto password, read_password(of.name));
  PG_TRY(const auto random, node::random_bytes());
  const byte_view bytes(random);
  PG_TRY(of.password, access::password_hash::make(as_bytes(password), bytes.first(salt_bytes), {}));
  of.scram.reset();
  if (!scram) return {};
  PG_TRY(of.scram, access::scram_verifier::make(password, bytes.last(salt_bytes), access::scram_iterations));
  return {};
}

/// "a,b" as names.
std::expected<std::vector<std::string>, exit_code> groups_of(const std::string& list) {
  std::vector<std::string> out;
  for (const auto part : std::views::split(list, ',')) {
    out.emplace_back(part.begin(), part.end());
    if (!access::is_user_name(out.back())) {
      return std::unexpected(refuse(exit_code::usage, std::format("'{}' is not a group's name", out.back())));
    }
  }
  return out;
}

/// The user that NAME names, which must be there.
std::expected<access::user, exit_code> user_of(const invocation& called, const user_file& file) {
  const auto name = *called.text("name");
  if (const auto* found = file.users.find(name)) return *found;
  return std::unexpected(refuse(exit_code::failed, std::format("{} has no user '{}'", file.path, name)));
}

exit_code set_disabled(const invocation& called, bool to) {
  const auto file = open_file(called);
  if (!file) return file.error();
  auto user = user_of(called, *file);
  if (!user) return user.error();
  user->disabled = to;
  return write(*file, access::with_user({file->path, file->text}, *user));
}

std::string describe(const access::user& u) {
  std::string out = std::format("{:<24}", u.name);
  if (u.disabled) out += " disabled";
  if (u.password) out += " password";
  if (u.scram) out += " scram";
  if (!u.thing.empty()) out += " thing=" + u.thing;
  for (const auto& group : u.groups) out += " group=" + group;
  for (const auto& each : u.tokens) {
    out += " token=" + each.name;
    for (const auto& scope : each.scopes) out += "," + scope;
    if (each.expires) out += std::format("(until {})", to_iso8601(*each.expires));
  }
  return out + "\n";
}

std::string json_list(std::span<const std::string> all) {
  std::string out;
  for (const auto& each : all) out += (out.empty() ? "" : ",") + json_text(each);
  return "[" + out + "]";
}

std::string to_json(const access::user& u) {
  std::string tokens;
  for (const auto& each : u.tokens) {
    tokens +=
        std::format(R"({}{{"name":{},"expires":{},"scopes":{}}})", tokens.empty() ? "" : ",", json_text(each.name),
                    each.expires ? json_text(to_iso8601(*each.expires)) : "null", json_list(each.scopes));
  }
  return std::format(R"({{"name":{},"disabled":{},"password":{},"scram":{},"thing":{},"groups":{},"tokens":[{}]}})",
                     json_text(u.name), u.disabled, u.password.has_value(), u.scram.has_value(), json_text(u.thing),
                     json_list(u.groups), tokens);
}

/// `--scope`, as often as it is there.
std::expected<std::vector<std::string>, exit_code> scopes_of(const invocation& called) {
  const auto given = called.all("--scope");
  for (const auto& each : given) {
    if (std::ranges::contains(access::token_scopes(), each)) continue;
    std::string known;
    for (const auto one : access::token_scopes()) known += (known.empty() ? "" : ", ") + std::string(one);
    return std::unexpected(refuse(exit_code::usage, std::format("'{}' is no scope; there are {}", each, known)));
  }
  return std::vector<std::string>(given.begin(), given.end());
}

/// `--expires TIME`.
std::expected<std::optional<timestamp>, exit_code> expiry_of(const invocation& called) {
  const auto text = called.text("--expires");
  if (!text) return std::nullopt;
  const auto parsed = from_iso8601(*text);
  if (parsed) return *parsed;
  return std::unexpected(refuse(exit_code::usage, "--expires takes a time as 2027-01-31T12:00:00Z"));
}

std::optional<access::action> action_from(std::string_view word) {
  if (word == "pub") return access::action::publish;
  if (word == "sub") return access::action::subscribe;
  if (word == "recv") return access::action::receive;
  return std::nullopt;
}

std::string explain(const access::decision& by, const std::string& file) {
  if (by.by != nullptr) {
    const bool denies = by.by->effect == access::effect::deny;
    return std::format("{}: {} {} {}", by.allowed ? "yes" : "no", by.by->title(file), denies ? "denies" : "allows",
                       by.filter);
  }
  return by.allowed ? "yes: no rule limits what it receives" : "no: no rule allows it";
}

}  // namespace

exit_code run_user(const invocation&) {
  return refuse(exit_code::usage,
                "what? `perigee user add`, `passwd`, `link`, `rm`, `ls`, `token`, `disable`, `enable` or `may`");
}

exit_code run_user_add(const invocation& called) {
  const auto file = open_file(called);
  if (!file) return file.error();
  access::user made{.name = *called.text("name")};
  if (!access::is_user_name(made.name)) {
    return refuse(exit_code::usage, "a user's name has letters, digits, '-', '_', '@' and '.', not '.' first");
  }
  if (file->users.find(made.name) != nullptr) {
    return refuse(exit_code::failed,
                  std::format("'{}' is there: `perigee user passwd` changes its password", made.name));
  }
  made.thing = called.text("--thing").value_or("");
  if (const auto list = called.text("--groups")) {
    auto groups = groups_of(*list);
    if (!groups) return groups.error();
    made.groups = std::move(*groups);
  }
  if (!called.has("--no-password")) {
    if (const auto set = set_password(made, called.has("--scram")); !set)
      return refuse(exit_code::usage, set.error().what);
  }
  return write(*file, access::with_user({file->path, file->text}, made));
}

exit_code run_user_passwd(const invocation& called) {
  const auto file = open_file(called);
  if (!file) return file.error();
  auto user = user_of(called, *file);
  if (!user) return user.error();
  if (const auto set = set_password(*user, called.has("--scram")); !set)
    return refuse(exit_code::usage, set.error().what);
  return write(*file, access::with_user({file->path, file->text}, *user));
}

exit_code run_user_rm(const invocation& called) {
  const auto file = open_file(called);
  if (!file) return file.error();
  return write(*file, access::without_user({file->path, file->text}, *called.text("name")));
}

exit_code run_user_ls(const invocation& called) {
  const auto file = open_file(called);
  if (!file) return file.error();
  std::string out;
  for (const auto& one : file->users.all()) {
    out += called.json() ? (out.empty() ? "" : ",") + to_json(one) : describe(one);
  }
  print(called.json() ? "[" + out + "]\n" : out);
  return exit_code::ok;
}

exit_code run_user_token(const invocation& called) {
  const auto file = open_file(called);
  if (!file) return file.error();
  auto user = user_of(called, *file);
  if (!user) return user.error();
  const auto name = *called.text("token");
  if (!access::is_user_name(name)) return refuse(exit_code::usage, "a token's name is like a user's");
  const auto removed = std::erase_if(user->tokens, [&](const access::token& t) { return t.name == name; });
  if (called.has("--rm")) {
    if (removed == 0) return refuse(exit_code::failed, std::format("'{}' has no token '{}'", user->name, name));
    return write(*file, access::with_user({file->path, file->text}, *user));
  }
  if (user->tokens.size() >= limits::access_tokens_max)
    return refuse(exit_code::failed, "the user has too many tokens");
  const auto expires = expiry_of(called);
  if (!expires) return expires.error();
  const auto scopes = scopes_of(called);
  if (!scopes) return scopes.error();
  const auto random = node::random_bytes();
  if (!random) return refuse(exit_code::failed, random.error().what);
  const auto made = access::make_token(*random);
  user->tokens.push_back({name, access::digest_of_token(made), *expires, *scopes});
  const auto written = write(*file, access::with_user({file->path, file->text}, *user));
  if (written != exit_code::ok) return written;
  print(made + "\n");
  complain(std::format("this is the token '{}' of '{}', a password that is shown only now\n", name, user->name));
  return exit_code::ok;
}

exit_code run_user_link(const invocation& called) {
  const auto node = node_api::find(called, "user");
  if (!node) return node.error();
  const auto made = node->ask("POST", std::format("/api/v1/users/{}/link", percent_encode(*called.text("name"))));
  if (!made) return made.error();
  const auto link = page_link(node->running(), text_of(*made, "token"));
  if (called.json()) {
    print(std::format("{{\"url\":{},\"expires\":{}}}\n", json_text(link), json_text(text_of(*made, "expires"))));
  } else {
    print(link + "\n");
    complain("It lets them choose a password, once, within an hour.\n");
  }
  return exit_code::ok;
}

exit_code run_user_disable(const invocation& called) { return set_disabled(called, true); }
exit_code run_user_enable(const invocation& called) { return set_disabled(called, false); }

exit_code run_user_may(const invocation& called) {
  const auto action = action_from(*called.text("action"));
  if (!action) return refuse(exit_code::usage, "pub, sub or recv");
  const auto chosen = node::load_config(*called.text("--node"));
  if (!chosen) {
    complain(render_all(chosen.error()));
    return exit_code::config;
  }
  if (!chosen->access) return refuse(exit_code::config, "its configuration has no [access]: all may do everything");
  const auto lists = node::read_access(*chosen->access, io::real_disk());
  if (!lists) {
    complain(render_all(lists.error()));
    return exit_code::config;
  }
  const auto who = node::make_principal(**lists, called.text("--client").value_or(""),
                                        called.text("--user").value_or(""), called.text("--certificate").value_or(""));
  const auto topic = *called.text("topic");
  access::decision found{.allowed = true};
  if ((*lists)->policy.restricts()) {
    found = (*lists)->policy.decide(who, *action,
                                    *action == access::action::subscribe ? access::without_share(topic) : topic);
  }
  print(explain(found, (*lists)->policy_file) + "\n");
  return found.allowed ? exit_code::ok : exit_code::failed;
}

}  // namespace perigee::cli
