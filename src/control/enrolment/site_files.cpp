#include "control/enrolment/site_files.hpp"

#include <format>

#include "base/identity_limits.hpp"
#include "identity/held_identity.hpp"

namespace perigee::control::enrolment {
namespace {

using identity::authority;
using identity::private_key;
using identity::profile;

std::string certificate_file(const std::string& folder, std::string_view name) {
  return std::format("{}/{}.crt", folder, name);
}

/// Whether a file is there; any other trouble is an error.
result<bool> is_there(io::disk& on, const std::string& file) {
  const auto found = on.open(file, io::open_mode::read);
  if (found) return true;
  return is(found.error(), errc::not_found) ? result<bool>(false) : std::unexpected(found.error());
}

/// The key that is there, else a new one in the file.
result<private_key> obtain_key(io::disk& on, const key_place& at) {
  auto found = read_key(on, at);
  if (found || !is(found.error(), errc::not_found) || !at.token.empty()) return found;
  PG_TRY(auto made, private_key::generate(identity::key_kind::p256));
  PG_TRY(const auto pem, made.to_pem(at.passphrase));
  PG_TRY_VOID(io::write_whole(on, at.file, as_bytes(pem)));
  return made;
}

result<authority> obtain_root(io::disk& on, const site_order& of, timestamp now) {
  const auto file = certificate_file(of.folder, "root");
  PG_TRY(const bool made_before, is_there(on, file));
  if (made_before) return read_authority(on, of.folder, "root", of.root_key());
  PG_TRY(auto key, obtain_key(on, of.root_key()));
  PG_TRY(auto root, authority::make_root(of.site + " root", std::move(key), now));
  PG_TRY_VOID(io::write_whole(on, file, as_bytes(root.own().to_pem())));
  return root;
}

}  // namespace

result<private_key> read_key(io::disk& on, const key_place& at) {
  if (!at.token.empty()) return identity::key_in_token(at.token, at.passphrase);
  PG_TRY(const auto pem, io::read_whole(on, at.file, limits::identity_key_bytes_max));
  return private_key::from_pem(as_text(pem), at.passphrase);
}

result<authority> read_authority(io::disk& on, const std::string& folder, std::string_view name, const key_place& key) {
  PG_TRY(const auto pem, io::read_whole(on, certificate_file(folder, name), limits::identity_pem_bytes_max));
  PG_TRY(auto chain, identity::parse_chain(pem));
  PG_TRY(auto own, read_key(on, key));
  return authority::open(std::move(chain), std::move(own));
}

result<> make_authorities(io::disk& on, const site_order& of, timestamp now) {
  PG_TRY_VOID(on.make_folder(of.folder));
  const auto file = certificate_file(of.folder, "issuing");
  PG_TRY(const bool done_before, is_there(on, file));
  if (done_before) return {};
  auto root = obtain_root(on, of, now);
  if (!root && is(root.error(), errc::not_found))
    return fail(errc::refused, "root.crt is there without its key, which the issuing authority is made by");
  if (!root) return std::unexpected(root.error());
  PG_TRY(const auto key, obtain_key(on, of.issuing_key()));
  const identity::certificate_order order{.as = profile::issuing, .name = of.site + " issuing"};
  PG_TRY(const auto own, root->issue(key.public_half(), order, now));
  return io::write_whole(on, file, as_bytes(own.to_pem()));
}

result<> make_own_certificate(io::disk& on, const site_order& by, const identity::certificate_order& what,
                              const std::string& file, timestamp now) {
  PG_TRY(const bool done_before, is_there(on, file));
  if (done_before) return {};
  PG_TRY(const auto site, read_authority(on, by.folder, "issuing", by.issuing_key()));
  PG_TRY(auto key, private_key::generate(identity::key_kind::p256));
  PG_TRY(auto own, site.issue(key.public_half(), what, now));
  identity::held_identity made{std::move(key), {std::move(own)}};
  made.chain.insert(made.chain.end(), site.shown().begin(), site.shown().end());
  PG_TRY(const auto pem, identity::to_pem(made));
  return io::write_whole(on, file, as_bytes(pem));
}

}  // namespace perigee::control::enrolment
