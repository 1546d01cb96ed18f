// `perigee join`: this machine becomes a child of another node (docs/identity.md, "Joining").

#include <algorithm>
#include <charconv>
#include <format>
#include <optional>

#include "base/limits.hpp"
#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/http_get.hpp"
#include "cli/run_to_end.hpp"
#include "control/enrolment/est.hpp"
#include "crypto/base64.hpp"
#include "identity/names.hpp"
#include "identity/verify.hpp"
#include "io/file.hpp"

namespace perigee::cli {
namespace {

using namespace std::chrono_literals;
using identity::certificate;
using identity::private_key;

constexpr auto patience = 15s;
constexpr std::uint16_t usual_port = 8443;

exit_code refuse(exit_code code, std::string_view sentence) {
  complain(std::format("perigee join: {}\n", sentence));
  return code;
}

/// Of "https://HOST:PORT".
struct parent_address {
  std::string host;
  std::uint16_t port = usual_port;
};

std::optional<parent_address> read_url(std::string_view url) {
  constexpr std::string_view scheme = "https://";
  if (!url.starts_with(scheme)) return std::nullopt;
  url.remove_prefix(scheme.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  parent_address out;
  const auto colon = url.rfind(':');
  const bool has_port = colon != std::string_view::npos && !url.ends_with(']');
  out.host = url.substr(0, has_port ? colon : url.size());
  if (out.host.starts_with('[') && out.host.ends_with(']')) out.host = out.host.substr(1, out.host.size() - 2);
  if (has_port) {
    const auto text = url.substr(colon + 1);
    const auto* end = text.data() + text.size();
    if (const auto r = std::from_chars(text.data(), end, out.port); r.ec != std::errc() || r.ptr != end)
      return std::nullopt;
  }
  if (out.host.empty() || out.host.contains('/') || out.port == 0) return std::nullopt;
  return out;
}

/// One question to the parent and its answer.
class parent {
 public:
  explicit parent(parent_address at) : at_(std::move(at)), network_(io::real_network(shard_)) {}

  result<http_answer> ask(http_question asked, std::shared_ptr<io::tls_context> tls) {
    result<http_answer> answer = fail(errc::cancelled, "not asked");
    PG_TRY_VOID(run_to_end(shard_, converse(std::move(asked), std::move(tls), answer)));
    return answer;
  }

 private:
  io::task<> converse(http_question asked, std::shared_ptr<io::tls_context> tls, result<http_answer>& into) {
    io::endpoint to{.host = at_.host, .port = at_.port, .tls = std::move(tls)};
    into = co_await http_ask(shard_, *network_, std::move(to), std::move(asked), clock::now() + patience);
    co_return result<>();
  }

  parent_address at_;
  io::shard shard_;
  std::unique_ptr<io::network> network_;
};

/// The certificates that the parent says its site is made of. Nothing is trusted yet: whoever answers could be anybody.
result<std::vector<certificate>> fetch_authorities(parent& from) {
  PG_TRY(auto tls, io::tls_context::client({}, {.verify = io::server_check::none}));
  PG_TRY(const auto answer, from.ask({"GET", "/.well-known/est/node/cacerts", ""}, std::move(tls)));
  if (answer.status != 200) return fail(errc::unsupported, "it does not issue certificates");
  return control::enrolment::read_bundle(answer.body);
}

std::optional<certificate> root_of(const std::vector<certificate>& all) {
  const auto found = std::ranges::find_if(all, [](const certificate& each) {
    return each.facts().is_authority && each.facts().subject == each.facts().issuer;
  });
  return found == all.end() ? std::nullopt : std::optional(*found);
}

/// Whoever joins compares it with what `perigee ca show` says at the parent: that is what makes the answer the
/// parent's.
std::optional<exit_code> check_fingerprint(const certificate& root, const invocation& called) {
  const auto& seen = root.facts().fingerprint;
  print(std::format("The site's authority is {}\n  SHA-256 {}\n", root.facts().subject, seen));
  const auto wanted = called.text("--fingerprint");
  if (!wanted) {
    return refuse(exit_code::usage,
                  "compare this with `perigee ca show` at the parent, and say it: --fingerprint SHA256");
  }
  if (*wanted == seen) return std::nullopt;
  return refuse(exit_code::failed, "this is another authority than --fingerprint says: nothing was sent to it");
}

struct new_identity {
  private_key key;
  std::string chain;  // PEM
};

std::string sentence_in(const http_answer& answer) {
  return std::format("it answers {}: {}", answer.status, answer.body.substr(0, 400));
}

/// The key is made here and never leaves; the request that it signs goes over a connection that the root vouches for.
std::expected<new_identity, std::string> enrol(parent& at, const std::string& name, const std::string& token,
                                               const certificate& root, const std::string& root_file) {
  const auto in_words = [](const error& e) { return std::unexpected(e.text()); };
  auto key = private_key::generate(identity::key_kind::p256);
  if (!key) return in_words(key.error());
  const auto wish = identity::certificate_request::make(*key, {.name = name, .dns_names = {name}});
  if (!wish) return in_words(wish.error());
  auto tls = io::tls_context::client({.certificate = {}, .key = {}, .authority = root_file});
  if (!tls) return in_words(tls.error());
  const auto credentials = crypto::to_base64(as_bytes(name + ":" + token), crypto::padding::with);
  const auto answer = at.ask({.method = "POST",
                              .path = "/.well-known/est/node/simpleenroll",
                              .token = "",
                              .type = std::string(control::enrolment::request_type),
                              .body = control::enrolment::body_of_request(*wish),
                              .authorization = "Basic " + credentials},
                             *tls);
  if (!answer) return in_words(answer.error());
  if (answer->status != 200) return std::unexpected(sentence_in(*answer));
  const auto chain = control::enrolment::read_bundle(answer->body);
  if (!chain) return in_words(chain.error());
  const auto good = identity::verify_chain(*chain, std::span(&root, 1), identity::purpose::client, clock::wall(),
                                           [](auto, auto) { return false; });
  if (!good) return in_words(good.error());
  if (good->name != name || !(chain->front().key() == key->public_half())) {
    return std::unexpected(std::string("the certificate that came is not the one that was asked for"));
  }
  return new_identity{*std::move(key), identity::to_pem(*chain)};
}

/// The key first: a certificate without its key is worth nothing.
result<> keep(const std::string& folder, const std::string& name, const new_identity& got) {
  auto& disk = io::real_disk();
  PG_TRY(const auto key, got.key.to_pem());
  PG_TRY_VOID(io::write_whole(disk, std::format("{}/{}.key", folder, name), as_bytes(key)));
  return io::write_whole(disk, std::format("{}/{}.crt", folder, name), as_bytes(got.chain));
}

}  // namespace

exit_code run_join(const invocation& called) {
  const auto address = read_url(*called.text("url"));
  if (!address) return refuse(exit_code::usage, "the parent's API: https://HOST:PORT");
  const auto name = *called.text("name");
  if (!identity::is_name(name))
    return refuse(exit_code::usage, "a name has letters, digits, '.', '_' and '-', at most 64");
  const auto folder = called.text("--folder").value_or(".");
  parent at(*address);
  const auto all = fetch_authorities(at);
  if (!all) return refuse(exit_code::unavailable, std::format("{}: {}", *called.text("url"), all.error().text()));
  const auto root = root_of(*all);
  if (!root) return refuse(exit_code::failed, "the parent shows no root authority");
  if (const auto stop = check_fingerprint(*root, called)) return *stop;
  const auto root_file = folder + "/root.crt";
  auto kept = io::real_disk().make_folder(folder);
  if (kept) kept = io::write_whole(io::real_disk(), root_file, as_bytes(root->to_pem()));
  if (!kept) return refuse(exit_code::failed, std::format("{}: {}", root_file, kept.error().text()));
  const auto got = enrol(at, name, *called.text("token"), *root, root_file);
  if (!got) return refuse(exit_code::failed, got.error());
  if (const auto written = keep(folder, name, *got); !written) {
    return refuse(exit_code::failed, std::format("{}: {}", folder, written.error().text()));
  }
  print(
      std::format("{0} is a member of the site. In its configuration:\n\n[tls]\ncertificate = \"{1}/{0}.crt\"\n"
                  "key = {{ file = \"{1}/{0}.key\" }}\nauthority = \"{1}/root.crt\"\n",
                  name, folder));
  return exit_code::ok;
}

}  // namespace perigee::cli
