// `perigee ca`: the certificate authorities of a site, in a folder (docs/identity.md).

#include <format>
#include <optional>

#include "base/identity_limits.hpp"
#include "base/time.hpp"
#include "cli/command.hpp"
#include "cli/console.hpp"
#include "identity/authority.hpp"
#include "identity/names.hpp"
#include "io/file.hpp"

namespace perigee::cli {
namespace {

using identity::authority;
using identity::certificate;
using identity::private_key;
using identity::profile;

exit_code refuse(exit_code code, std::string_view sentence) {
  complain(std::format("perigee ca: {}\n", sentence));
  return code;
}

exit_code refuse(const std::string& file, const error& why) {
  return refuse(exit_code::failed, std::format("{}: {}", file, why.text()));
}

/// Never over what is there: a key that is gone is gone.
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

struct written {
  std::string_view name;
  std::string text;
};

/// A root and the issuing authority of a site below it.
result<std::vector<written>> make_site(const std::string& site, timestamp now) {
  PG_TRY(auto root_key, private_key::generate(identity::key_kind::p256));
  PG_TRY(const auto root_pem, root_key.to_pem());
  PG_TRY(const auto root, authority::make_root(site + " root", std::move(root_key), now));
  PG_TRY(const auto key, private_key::generate(identity::key_kind::p256));
  PG_TRY(const auto key_pem, key.to_pem());
  PG_TRY(const auto own, root.issue(key.public_half(), {.as = profile::issuing, .name = site + " issuing"}, now));
  return std::vector<written>{{"root.key", root_pem},
                              {"root.crt", root.own().to_pem()},
                              {"issuing.key", key_pem},
                              {"issuing.crt", own.to_pem()}};
}

result<authority> open_issuing(const std::string& folder) {
  PG_TRY(const auto chain_pem, read_text(folder + "/issuing.crt", limits::identity_pem_bytes_max));
  PG_TRY(const auto key_pem, read_text(folder + "/issuing.key", limits::identity_key_bytes_max));
  PG_TRY(auto chain, identity::parse_chain(as_bytes(chain_pem)));
  PG_TRY(auto key, private_key::from_pem(key_pem));
  return authority::open(std::move(chain), std::move(key));
}

std::string describe(const std::string& file, const certificate& one) {
  const auto& facts = one.facts();
  return std::format("{:<12} {}\n{:<12} from {} to {}\n{:<12} SHA-256 {}\n", file, facts.subject, "",
                     to_iso8601(facts.not_before), to_iso8601(facts.not_after), "", facts.fingerprint);
}

std::string to_json_text(const std::string& file, const certificate& one) {
  const auto& facts = one.facts();
  return std::format(R"({{"file":{},"subject":{},"not_before":"{}","not_after":"{}","fingerprint":"{}"}})",
                     json_text(file), json_text(facts.subject), to_iso8601(facts.not_before),
                     to_iso8601(facts.not_after), facts.fingerprint);
}

}  // namespace

exit_code run_ca(const invocation&) { return refuse(exit_code::usage, "init, show or issue? `perigee ca --help`"); }

exit_code run_ca_init(const invocation& called) {
  const auto folder = *called.text("folder");
  const auto site = called.text("--site").value_or("site");
  if (!identity::is_name(site))
    return refuse(exit_code::usage, "--site has letters, digits, '.', '_' and '-', at most 64");
  const auto files = make_site(site, clock::wall());
  if (!files) return refuse(site, files.error());
  if (const auto made = io::real_disk().make_folder(folder); !made) return refuse(folder, made.error());
  for (const auto& [name, text] : *files) {
    const auto path = std::format("{}/{}", folder, name);
    const auto done = write_new(path, text);
    if (!done && is(done.error(), errc::exists)) return refuse(exit_code::failed, path + " is there already; it stays");
    if (!done) return refuse(path, done.error());
  }
  if (const auto kept = io::real_disk().sync_folder(folder); !kept) return refuse(folder, kept.error());
  print(
      std::format("The authorities of '{0}' are in {1}.\n"
                  "root.key is needed again only for a new issuing authority: keep it away from this machine.\n",
                  site, folder));
  return run_ca_show(called);
}

exit_code run_ca_show(const invocation& called) {
  const auto folder = *called.text("folder");
  std::string rows;
  for (const std::string name : {"root.crt", "issuing.crt"}) {
    const auto path = std::format("{}/{}", folder, name);
    const auto pem = read_text(path, limits::identity_pem_bytes_max);
    if (!pem) return refuse(path, pem.error());
    const auto one = identity::first_certificate(as_bytes(*pem));
    if (!one) return refuse(path, one.error());
    rows += called.json() ? (rows.empty() ? "" : ",") + to_json_text(name, *one) : describe(name, *one);
  }
  print(called.json() ? std::format("{{\"certificates\":[{}]}}\n", rows) : rows);
  return exit_code::ok;
}

exit_code run_ca_issue(const invocation& called) {
  const auto folder = *called.text("folder");
  const auto name = *called.text("name");
  const auto out = called.text("--out").value_or(".");
  const auto as = called.text("--profile").value_or("device");
  if (as != "device" && as != "node") return refuse(exit_code::usage, "--profile is device or node");
  identity::certificate_order order{.as = as == "node" ? profile::node : profile::device, .name = name};
  for (const auto& each : called.all("--dns")) order.dns_names.push_back(each);
  for (const auto& each : called.all("--address")) order.addresses.push_back(each);
  const auto by = open_issuing(folder);
  if (!by) return refuse(folder, by.error());
  const auto key = private_key::generate(identity::key_kind::p256);
  if (!key) return refuse(name, key.error());
  const auto made = by->issue(key->public_half(), order, clock::wall());
  if (!made) return refuse(name, made.error());
  const auto key_pem = key->to_pem();
  if (!key_pem) return refuse(name, key_pem.error());
  const auto chain = made->to_pem() + identity::to_pem(by->shown());
  for (const auto& [file, text] : {std::pair(name + ".key", *key_pem), std::pair(name + ".crt", chain)}) {
    const auto path = std::format("{}/{}", out, file);
    if (const auto done = write_new(path, text); !done) return refuse(path, done.error());
  }
  print(describe(name + ".crt", *made));
  return exit_code::ok;
}

}  // namespace perigee::cli
