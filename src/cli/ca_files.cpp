#include "cli/ca_files.hpp"

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

result<made_authority> make_root(const std::string& name, timestamp now) {
  PG_TRY(auto key, private_key::generate(identity::key_kind::p256));
  PG_TRY(auto pem, key.to_pem());
  PG_TRY(auto root, authority::make_root(name, std::move(key), now));
  return made_authority{std::move(root), std::move(pem)};
}

result<made_authority> make_issuing(const authority& root, const std::string& name, timestamp now) {
  PG_TRY(auto key, private_key::generate(identity::key_kind::p256));
  PG_TRY(auto pem, key.to_pem());
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

result<authority> open_authority(const std::string& folder, std::string_view name) {
  PG_TRY(const auto chain_pem, read_text(std::format("{}/{}.crt", folder, name), limits::identity_pem_bytes_max));
  PG_TRY(const auto key_pem, read_text(std::format("{}/{}.key", folder, name), limits::identity_key_bytes_max));
  PG_TRY(auto chain, identity::parse_chain(as_bytes(chain_pem)));
  PG_TRY(auto key, private_key::from_pem(key_pem));
  return authority::open(std::move(chain), std::move(key));
}

result<std::vector<named_text>> make_site(const std::string& site, timestamp now) {
  PG_TRY(const auto root, make_root(site + " root", now));
  PG_TRY(const auto issuing, make_issuing(root.is, site + " issuing", now));
  return std::vector<named_text>{{"root.key", root.key},
                                 {"root.crt", root.is.own().to_pem()},
                                 {"issuing.key", issuing.key},
                                 {"issuing.crt", issuing.is.own().to_pem()}};
}

result<std::vector<named_text>> make_next_site(const authority& root, const certificate& issuing, timestamp now) {
  PG_TRY(const auto next, make_root(root.own().facts().common_name, now));
  PG_TRY(const auto next_issuing, make_issuing(next.is, issuing.facts().common_name, now));
  PG_TRY(const auto new_with_old, root.vouch_for(next.is.own(), now));
  PG_TRY(const auto old_with_new, next.is.vouch_for(root.own(), now));
  return std::vector<named_text>{{"root.key", next.key},
                                 {"vouching.crt", new_with_old.to_pem() + old_with_new.to_pem()},
                                 {"root.crt", next.is.own().to_pem() + root.own().to_pem()},
                                 {"issuing.key", next_issuing.key},
                                 {"issuing.crt", next_issuing.is.own().to_pem() + new_with_old.to_pem()}};
}

}  // namespace perigee::cli
