// `perigee ca`: the certificate authorities of a site, in a folder (docs/identity.md).

#include <format>
#include <optional>

#include "base/identity_limits.hpp"
#include "base/time.hpp"
#include "cli/ca_files.hpp"
#include "cli/command.hpp"
#include "cli/console.hpp"
#include "control/enrolment/site_files.hpp"
#include "identity/names.hpp"
#include "io/file.hpp"

namespace perigee::cli {
namespace {

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

/// Where the keys are, by what was called.
result<control::enrolment::site_order> site_of(const invocation& called, const std::string& folder,
                                               const std::string& site) {
  control::enrolment::site_order out{.folder = folder, .site = site};
  PG_TRY(out.passphrase, passphrase_of(called));
  out.root_token = called.text("--root-key").value_or("");
  out.issuing_token = called.text("--issuing-key").value_or("");
  return out;
}

}  // namespace

exit_code run_ca(const invocation&) {
  return refuse(exit_code::usage, "init, show, issue or rollover? `perigee ca --help`");
}

exit_code run_ca_init(const invocation& called) {
  const auto folder = *called.text("folder");
  const auto site = called.text("--site").value_or("site");
  if (!identity::is_name(site))
    return refuse(exit_code::usage, "--site has letters, digits, '.', '_' and '-', at most 64");
  const auto order = site_of(called, folder, site);
  if (!order) return refuse("--passphrase-file", order.error());
  for (const auto* name : {"root.key", "root.crt", "issuing.key", "issuing.crt"}) {
    const auto path = std::format("{}/{}", folder, name);
    if (io::real_disk().open(path, io::open_mode::read))
      return refuse(exit_code::failed, path + " is there already; it stays");
  }
  const auto made = control::enrolment::make_authorities(io::real_disk(), *order, clock::wall());
  if (!made) return refuse(folder, made.error());
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
  const auto site = site_of(called, folder, {});
  if (!site) return refuse("--passphrase-file", site.error());
  const auto by = control::enrolment::read_authority(io::real_disk(), folder, "issuing", site->issuing_key());
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
