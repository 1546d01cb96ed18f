#include "cli/ca_files.hpp"

#include <algorithm>
#include <format>

#include "base/identity_limits.hpp"
#include "io/file.hpp"

namespace perigee::cli {
namespace {

using identity::authority;
using identity::certificate;
using identity::private_key;
using identity::profile;

/// An authority and its key in PEM.
struct made_authority {
  authority is;
  std::string key;
};

result<made_authority> make_root(const std::string& name, std::string_view passphrase, timestamp now) {
  PG_TRY(auto key, private_key::generate(identity::key_kind::p256));
  PG_TRY(auto pem, key.to_pem(passphrase));
  PG_TRY(auto root, authority::make_root(name, std::move(key), now));
  return made_authority{std::move(root), std::move(pem)};
}

result<made_authority> make_issuing(const authority& root, const std::string& name, std::string_view passphrase,
                                    timestamp now) {
  PG_TRY(auto key, private_key::generate(identity::key_kind::p256));
  PG_TRY(auto pem, key.to_pem(passphrase));
  PG_TRY(auto own, root.issue(key.public_half(), {.as = profile::issuing, .name = name}, now));
  PG_TRY(auto issuing, authority::open({std::move(own)}, std::move(key)));
  return made_authority{std::move(issuing), std::move(pem)};
}

}  // namespace

result<> write_new(const std::string& file, std::string_view text) {
  auto& disk = io::real_disk();
  PG_TRY(const auto made, disk.open(file, io::open_mode::create_new));
  PG_TRY_VOID(made->write_at(0, as_bytes(text)));
  return made->sync();
}

result<std::string> read_text(const std::string& file, std::uint64_t bytes_max) {
  PG_TRY(const auto bytes, io::read_whole(io::real_disk(), file, bytes_max));
  return std::string(as_text(bytes));
}

result<std::string> passphrase_of(const invocation& called) {
  const auto file = called.text("--passphrase-file");
  if (!file) return std::string();
  PG_TRY(auto text, read_text(*file, limits::identity_passphrase_bytes_max + 2));
  text.resize(std::min(text.find_first_of("\r\n"), text.size()));
  if (text.empty()) return fail(errc::malformed, "the passphrase file has an empty first line");
  return text;
}

result<std::vector<named_text>> make_next_site(const authority& root, const certificate& issuing,
                                               std::string_view passphrase, timestamp now) {
  PG_TRY(const auto next, make_root(root.own().facts().common_name, passphrase, now));
  PG_TRY(const auto next_issuing, make_issuing(next.is, issuing.facts().common_name, passphrase, now));
  PG_TRY(const auto new_with_old, root.vouch_for(next.is.own(), now));
  PG_TRY(const auto old_with_new, next.is.vouch_for(root.own(), now));
  return std::vector<named_text>{{"root.key", next.key},
                                 {"vouching.crt", new_with_old.to_pem() + old_with_new.to_pem()},
                                 {"root.crt", next.is.own().to_pem() + root.own().to_pem()},
                                 {"issuing.key", next_issuing.key},
                                 {"issuing.crt", next_issuing.is.own().to_pem() + new_with_old.to_pem()}};
}

}  // namespace perigee::cli
