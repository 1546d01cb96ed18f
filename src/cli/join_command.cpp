// `perigee join`: this machine becomes a child of another node (docs/identity.md, "Joining").

#include <format>
#include <optional>

#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/join_text.hpp"
#include "cli/joining.hpp"
#include "io/file.hpp"

namespace perigee::cli {
namespace {

using identity::certificate;

exit_code refuse(exit_code code, std::string_view sentence) {
  complain(std::format("perigee join: {}\n", sentence));
  return code;
}

/// Whoever joins compares it with what `perigee ca show` says at the parent: that is what makes the answer the
/// parent's.
std::optional<exit_code> check_fingerprint(const certificate& root, const std::string& wanted) {
  const auto& seen = root.facts().fingerprint;
  print(std::format("The site's authority is {}\n  SHA-256 {}\n", root.facts().subject, seen));
  if (wanted.empty()) {
    return refuse(exit_code::usage,
                  "compare this with `perigee ca show` at the parent, and say it: --fingerprint SHA256");
  }
  if (wanted == seen) return std::nullopt;
  return refuse(exit_code::failed, "this is another authority than --fingerprint says: nothing was sent to it");
}

std::string configuration_of(const join_text& by, std::optional<std::uint16_t> mqtts_port, bool is_gateway) {
  const auto at = *client::read_https_url(by.url);
  const auto host = at.host.contains(':') ? "[" + at.host + "]" : at.host;
  auto out = std::format(
      "# Written by `perigee join`. docs/configuration.md lists every option.\n\n[node]\nid = \"{0}\"\ndata = "
      "\"{0}.data\"\n\n[tls]\ncertificate = \"{0}.pem\"\nkey = {{ file = \"{0}.pem\" }}\nauthority = "
      "\"root.crt\"\n\n[identity]\n{4}renew = \"https://{1}:{2}\"\n\n[uplink]\nurl = \"mqtts://{1}:{3}\"\n",
      by.name, host, at.port, mqtts_port.value_or(8883), is_gateway ? "folder = \".\" # with issuing.pem\n" : "");
  if (!is_gateway) return out + "\n[api]\nport = 0 # any free one; `perigee status` tells it\n";
  return out +
         "\n[api] # devices enrol here: give it an address and a port that they know\nport = 0\n\n[[mqtt]] # and "
         "connect here\nport = 0\ntransport = \"tls\"\n";
}

/// False: there is one already, which is the operator's. Whole or not at all: half of one would be taken for theirs.
result<bool> write_configuration(const std::string& file, const std::string& text) {
  auto& disk = io::real_disk();
  const auto there = disk.open(file, io::open_mode::read);
  if (there) return false;
  if (!is(there.error(), errc::not_found)) return std::unexpected(there.error());
  PG_TRY_VOID(io::write_whole(disk, file, as_bytes(text)));
  return true;
}

}  // namespace

exit_code run_join(const invocation& called) {
  const auto by = join_text_of(called);
  if (!by) return refuse(exit_code::usage, by.error());
  const auto folder = called.text("--folder").value_or(".");
  joining steps(*by, folder);
  const auto root = steps.fetch_root();
  if (!root) return refuse(exit_code::unavailable, std::format("{}: {}", by->url, root.error()));
  if (const auto stop = check_fingerprint(*root, by->fingerprint)) return *stop;
  if (const auto trusted = steps.trust(*root); !trusted) return refuse(exit_code::failed, trusted.error());
  if (const auto known = steps.know_time(); !known) return refuse(exit_code::unavailable, known.error());
  const bool is_gateway = called.has("--gateway");
  if (is_gateway) {
    const auto has_authority = steps.become_gateway();
    if (!has_authority) return refuse(exit_code::failed, "no authority of a gateway: " + has_authority.error());
  }
  const auto node = steps.become_node();
  if (!node) return refuse(exit_code::failed, node.error());
  const auto file = std::format("{}/{}.toml", folder, by->name);
  const auto written = write_configuration(file, configuration_of(*by, node->mqtts_port, is_gateway));
  if (!written) return refuse(exit_code::failed, std::format("{}: {}", file, written.error().text()));
  print(std::format("{0} is a member of the site{1}: {2}/{0}.pem is its key and certificate.\n", by->name,
                    node->before ? " already" : "", folder));
  if (is_gateway)
    print(std::format("It enrols what is below its name: {}/issuing.pem, in the `folder` of [identity].\n", folder));
  print(std::format(
      "{}\n  perigee run {}\n",
      *written ? "Look at its configuration, then run it:" : "Its configuration was there, and stays:", file));
  return exit_code::ok;
}

}  // namespace perigee::cli
