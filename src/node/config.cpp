#include "node/config.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <format>
#include <iterator>

#include "base/limits.hpp"
#include "io/file.hpp"
#include "node/detail/sections.hpp"

namespace perigee::node {
namespace {

struct read_config {
  config out;
  detail::reading notes;
};

read_config read(source_text source, std::string_view folder) {
  read_config done{{}, {.source = source, .folder = std::string(folder)}};
  auto& notes = done.notes;
  const auto root = settings::parse_document(source, limits::config_bytes_max);
  if (!root) {
    notes.errors.push_back(root.error());
    return done;
  }
  done.out.file = source.file;
  detail::read_table(notes, "the file", *root, detail::root_options(), done.out);
  detail::check_together(notes, *root, done.out);
  return done;
}

void check_path(detail::reading& notes, const detail::expected_path& expected) {
  std::error_code failed;
  const bool folder = expected.kind == detail::path_kind::folder;
  const auto status = std::filesystem::status(expected.path, failed);
  if (!std::filesystem::exists(status)) {
    notes.refuse(expected.at, "P0109", std::format("there is no {} '{}'", folder ? "folder" : "file", expected.path),
                 "a relative path starts at the folder of the configuration");
  } else if (folder != std::filesystem::is_directory(status)) {
    notes.refuse(expected.at, "P0109", std::format("'{}' is not a {}", expected.path, folder ? "folder" : "file"));
  } else if (!folder && !io::real_disk().open(expected.path, io::open_mode::read)) {
    notes.refuse(expected.at, "P0109", std::format("'{}' cannot be read", expected.path),
                 "the user that runs the node needs to be allowed to");
  }
}

std::expected<config, diagnostics> finish(read_config&& done) {
  if (done.notes.errors.empty()) return std::move(done.out);
  return std::unexpected(done.notes.sorted_errors());
}

}  // namespace

std::string identity_folder(const config& of) {
  return of.identity && !of.identity->folder.empty() ? of.identity->folder : of.data + "/identity";
}

std::string first_certificate_file(const config& of) {
  return std::format("{}/{}.pem", identity_folder(of), of.node_id);
}

std::expected<config, diagnostics> parse_config(source_text source, std::string_view folder) {
  return finish(read(source, folder));
}

std::expected<config, diagnostics> load_config(const std::string& file) {
  const auto bytes = io::read_whole(io::real_disk(), file, limits::config_bytes_max);
  if (!bytes) {
    diagnostic unreadable{
        .code = "P0100", .file = file, .message = "the file cannot be read", .help = {}, .excerpt = {}};
    unreadable.help = bytes.error().text();
    return std::unexpected(diagnostics{std::move(unreadable)});
  }
  std::error_code failed;
  const auto folder = std::filesystem::absolute(file, failed).parent_path().string();
  auto done = read({file, as_text(*bytes)}, folder);
  const auto paths = std::exchange(done.notes.paths, {});
  for (const auto& expected : paths) check_path(done.notes, expected);
  return finish(std::move(done));
}

result<std::string> secret::read() const {
  if (from == place::env) {
    const char* found = std::getenv(name.c_str());
    if (found == nullptr) return fail(errc::not_found, "a secret's environment variable is not set");
    return std::string(found);
  }
  if (from == place::token) return fail(errc::unsupported, "a key in a token does not leave it");
  if (from == place::tpm) {
    return fail(errc::unsupported, "a key in a TPM needs tpm2-openssl, which is not in this build: keep it in a file");
  }
  PG_TRY(const auto bytes, io::read_whole(io::real_disk(), name, limits::secret_bytes_max));
  return std::string(as_text(bytes));
}

std::vector<option_help> config_options() {
  std::vector<option_help> out;
  detail::describe_table("", detail::root_options(), out);
  return out;
}

std::string config_reference() {
  std::string out;
  std::string_view section;
  for (const auto& one : config_options()) {
    if (one.section != section) {
      section = one.section;
      std::format_to(std::back_inserter(out),
                     "\n### `{}`\n\n| key | value | when absent | what it is |\n|---|---|---|---|\n", section);
    }
    std::format_to(std::back_inserter(out), "| `{}` | {} | {} | {} |\n", one.key, one.type, one.initial, one.text);
  }
  return out;
}

std::span<const code_help> config_codes() {
  static constexpr code_help codes[] = {
      {"P0100", "the configuration cannot be read",
       "The file is absent, is not readable for this user, or is larger than Perigee reads. Check the path."},
      {"P0101", "not TOML",
       "The file is TOML 1.0. A text stands in double quotes, [section] opens a table, [[section]] adds one to a list. "
       "Reading stops at the first such error, because what follows cannot be told apart."},
      {"P0102", "unknown key or section",
       "Nothing reads this key, so it would silently do nothing. Most often it is a misspelling or stands in the wrong "
       "section. docs/configuration.md lists all."},
      {"P0103", "another type of value",
       "A duration or size is a text with a unit; a number and true/false have no quotes."},
      {"P0104", "something required is not there", "The section cannot do its work without this key."},
      {"P0105", "a value out of range or badly formed",
       "The message says what is allowed: a range, a unit, the form of a name, an address or a topic."},
      {"P0106", "not one of the words for this option", "The message lists the words."},
      {"P0107", "two devices of one name", "A device's name is whose readings they are, so each has its own."},
      {"P0108", "a secret in the open",
       "Configurations are copied, printed and committed; secrets are not. Write { file = \"path\" } or "
       "{ env = \"VARIABLE\" } as the whole value."},
      {"P0109", "a file or folder is not there",
       "A relative path starts at the folder of the configuration, not at the current folder."},
      {"P0110", "a listener that strangers could use",
       "Off loopback, every listener and uplink uses TLS and knows its clients: [tls] with certificate and key, "
       "transport "
       "= \"tls\" or \"wss\", and an authority in [tls] or users in [access]. Only anonymous = true, in so many words, "
       "lets in who shows nothing; the log warns of it."},
      {"P0111", "TLS without an identity",
       "TLS needs [tls] with certificate and key; an mqtts:// uplink also the authority that signed the parent."},
      {"P0112", "not the URL of what it is for",
       "A parent is mqtts://host:port, or mqtt://127.0.0.1:port within one machine; a webhook https://host/path, mail "
       "smtps://host."},
      {"P0113", "two listeners on one port", "Give each its own, or port = 0 for any free one."},
      {"P0114", "options that do not fit together", "The message names the other option."},
      {"P0115", "too many", "docs/limits.md lists every bound."},
      {"P0116", "the same user or token twice",
       "Which of the two would be meant cannot be told, so neither is. Take one away, or give it another name."},
      {"P0117", "not a password's hash",
       "A user file keeps no password: `perigee user passwd` writes the Argon2id hash and, with --scram, the verifier "
       "of "
       "SCRAM-SHA-256. Other programs' hashes are taken where they have the form $argon2id$v=19$m=...,t=...,p=...$..."},
      {"P0118", "no such variable",
       "In the topics of a policy ${thing}, ${clientid}, ${user} and ${group} stand for what the client has; each is a "
       "part of one level."},
      {"P0119", "others may read the user file",
       "Whoever reads the hashes of passwords can guess at them at home, and whoever writes the file lets in whom they "
       "like. chmod 600, and let the node's own user have it."},
  };
  return codes;
}

}  // namespace perigee::node
