// `perigee attest`: a certificate for a machine whose key is in its TPM, and which proves what it has started
// (docs/attestation.md).

#include <charconv>
#include <cstdlib>
#include <format>
#include <optional>

#include "base/attestation_limits.hpp"
#include "base/identity_limits.hpp"
#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/run_to_end.hpp"
#include "client/http_client.hpp"
#include "client/https_address.hpp"
#include "client/tpm_identity.hpp"
#include "control/attestation/exchange.hpp"
#include "control/enrolment/est.hpp"
#include "crypto/base64.hpp"
#include "crypto/password.hpp"
#include "identity/names.hpp"
#include "identity/verify.hpp"
#include "io/file.hpp"
#include "node/process.hpp"

namespace perigee::cli {
namespace {

using namespace std::chrono_literals;
namespace attestation = control::attestation;
using identity::certificate;
template <class T = void>
using attempt = std::expected<T, std::string>;  // a sentence where it fails

constexpr auto patience = 15s;
constexpr std::string_view usual_key = "handle:0x81000010";
constexpr std::string_view usual_log = "/sys/kernel/security/tpm0/binary_bios_measurements";
constexpr std::string_view path = "/.well-known/perigee/attestation/";

std::unexpected<std::string> in_words(const error& e) { return std::unexpected(e.text()); }

/// What the command was told.
struct order {
  client::https_address parent;
  std::string name;
  std::string token;  // empty: it shows the certificate that it has
  bool as_node = true;
  std::string folder{};
  std::string authority{};  // file
  std::string key{};        // "handle:0x81000010"
  std::uint32_t handle = 0;
  std::string log{};  // file

  [[nodiscard]] std::string certificate_file() const { return std::format("{}/{}.crt", folder, name); }
};

std::optional<std::uint32_t> handle_in(std::string_view key) {
  constexpr std::string_view scheme = "handle:0x";
  if (!key.starts_with(scheme)) return std::nullopt;
  key.remove_prefix(scheme.size());
  std::uint32_t out = 0;
  const auto read = std::from_chars(key.data(), key.data() + key.size(), out, 16);
  if (read.ec != std::errc() || read.ptr != key.data() + key.size()) return std::nullopt;
  return out;
}

attempt<order> order_of(const invocation& called) {
  const auto address = client::read_https_url(*called.text("url"));
  if (!address) return std::unexpected("the parent's API: https://HOST:PORT");
  order out{.parent = *address, .name = *called.text("name"), .token = called.text("--token").value_or("")};
  if (!identity::is_name(out.name)) return std::unexpected("a name has letters, digits, '.', '_' and '-', at most 64");
  out.folder = called.text("--folder").value_or(".");
  out.authority = called.text("--authority").value_or(out.folder + "/root.crt");
  out.key = called.text("--key").value_or(std::string(usual_key));
  out.log = called.text("--event-log").value_or(std::string(usual_log));
  const auto kind = called.text("--kind").value_or("node");
  if (kind != "node" && kind != "device") return std::unexpected("--kind is node or device");
  out.as_node = kind == "node";
  const auto handle = handle_in(out.key);
  if (!handle) return std::unexpected("--key is a persistent handle of the TPM: handle:0x81000010");
  out.handle = *handle;
  return out;
}

/// A file of the kernel's, which says that it is empty until it is read.
result<byte_buffer> read_log(const std::string& file) {
  PG_TRY(const auto opened, io::real_disk().open(file, io::open_mode::read));
  byte_buffer out(limits::attestation_log_bytes_max + 1);
  std::size_t have = 0;
  for (;;) {
    PG_TRY(const auto more, opened->read_at(have, byte_span(out).subspan(have)));
    have += more;
    if (more == 0) break;
  }
  if (have > limits::attestation_log_bytes_max) return fail(errc::too_large, "the event log is over 256 KiB");
  out.resize(have);
  return out;
}

/// 32 random bytes.
result<crypto::digest> draw() {
  PG_TRY(const auto text, node::random_token());
  return crypto::sha256(as_bytes(text));
}

class parent {
 public:
  explicit parent(const order& of) : of_(of), network_(io::real_network(shard_)) {}

  /// `files`: whom it trusts, and what it shows of itself.
  attempt<std::string> post(std::string_view what, std::string body, const io::tls_files& files) {
    auto tls = io::tls_context::client(files);
    if (!tls) return in_words(tls.error());
    client::http_question asked{.method = "POST",
                                .path = std::string(path) + std::string(what),
                                .token = "",
                                .type = "application/json",
                                .body = std::move(body)};
    if (!of_.token.empty()) {
      asked.authorization = "Basic " + crypto::to_base64(as_bytes(of_.name + ":" + of_.token), crypto::padding::with);
    }
    result<client::http_answer> answer = fail(errc::cancelled, "not asked");
    const auto done = run_to_end(shard_, converse(std::move(asked), *std::move(tls), answer));
    if (!done) return in_words(done.error());
    if (!answer) return in_words(answer.error());
    if (answer->status != 200) {
      return std::unexpected(std::format("it answers {}: {}", answer->status, answer->body.substr(0, 400)));
    }
    return std::move(answer->body);
  }

 private:
  io::task<> converse(client::http_question asked, std::shared_ptr<io::tls_context> tls,
                      result<client::http_answer>& into) {
    io::endpoint to{.host = of_.parent.host, .port = of_.parent.port, .tls = std::move(tls)};
    into = co_await client::http_ask(shard_, *network_, std::move(to), std::move(asked), clock::now() + patience);
    co_return result<>();
  }

  const order& of_;
  io::shard shard_;
  std::unique_ptr<io::network> network_;
};

/// All that the TPM has to say; after it the TPM is free for who else wants it.
attempt<attestation::evidence> prove(const order& of, parent& at) {
  const char* const name = std::getenv("TPM2OPENSSL_TCTI");  // as OpenSSL's provider for it has it
  auto device = io::tpm_device::open(name == nullptr ? "" : name);
  if (!device) return in_words(device.error());
  const auto unique = draw();
  if (!unique) return in_words(unique.error());
  auto tpm = client::tpm_identity::open(*std::move(device), of.handle, *unique);
  if (!tpm) return in_words(tpm.error());
  const auto keys = tpm->load_attestation_keys();
  if (!keys) return in_words(keys.error());
  const attestation::application asked{.name = of.name,
                                       .endorsement_key = keys->endorsement_key,
                                       .endorsement_cert = keys->endorsement_cert,
                                       .attestation_key = keys->attestation_key};
  const auto answer =
      at.post("challenge", attestation::to_json(asked), {.certificate = {}, .key = {}, .authority = of.authority});
  if (!answer) return std::unexpected(answer.error());
  const auto given = attestation::read_challenge(*answer);
  if (!given) return in_words(given.error());
  const auto proof = tpm->answer({.nonce = given->nonce,
                                  .credential = given->sealed.blob,
                                  .encrypted_secret = given->sealed.encrypted_secret,
                                  .pcrs = given->pcrs},
                                 byte_view(*unique).first(16));
  if (!proof) return in_words(proof.error());
  auto log = read_log(of.log);
  if (!log) return std::unexpected(std::format("{}: {}", of.log, log.error().text()));
  return attestation::evidence{.name = of.name,
                               .challenge = given->id,
                               .secret = proof->secret,
                               .quote = proof->quote.attest,
                               .quote_signature = proof->quote.signature,
                               .log = *std::move(log),
                               .device_key = tpm->device_key(),
                               .certification = proof->certification.attest,
                               .certification_signature = proof->certification.signature};
}

attempt<std::vector<certificate>> enrol(const order& of, parent& at, attestation::evidence shown) {
  const auto key = identity::key_in_token(of.key);
  if (!key) return in_words(key.error());
  const auto wish = identity::certificate_request::make(*key, {.name = of.name, .dns_names = {of.name}});
  if (!wish) return in_words(wish.error());
  const attestation::enrolment_wish body{
      .evidence = std::move(shown), .request = to_buffer(as_bytes(*wish)), .as_node = of.as_node};
  io::tls_files files{.certificate = {}, .key = {}, .authority = of.authority};
  if (of.token.empty()) {
    files.certificate = of.certificate_file();
    files.key = of.key;
  }
  const auto answer = at.post("enrol", attestation::to_json(body), files);
  if (!answer) return std::unexpected(answer.error());
  auto chain = control::enrolment::read_bundle(*answer);
  if (!chain) return in_words(chain.error());
  const auto root_pem = io::read_whole(io::real_disk(), of.authority, limits::identity_pem_bytes_max);
  if (!root_pem) return std::unexpected(std::format("{}: {}", of.authority, root_pem.error().text()));
  const auto root = certificate::parse(*root_pem);
  if (!root) return std::unexpected(std::format("{}: {}", of.authority, root.error().text()));
  const auto good = identity::verify_chain(*chain, std::span(&*root, 1), identity::purpose::client, clock::wall(),
                                           [](auto, auto) { return false; });
  if (!good) return in_words(good.error());
  if (good->name != of.name || !(chain->front().key() == key->public_half())) {
    return std::unexpected("the certificate that came is not the one that was asked for");
  }
  return *std::move(chain);
}

}  // namespace

exit_code run_attest(const invocation& called) {
  const auto refuse = [](exit_code code, std::string_view sentence) {
    complain(std::format("perigee attest: {}\n", sentence));
    return code;
  };
  const auto of = order_of(called);
  if (!of) return refuse(exit_code::usage, of.error());
  parent at(*of);
  auto shown = prove(*of, at);
  if (!shown) return refuse(exit_code::failed, shown.error());
  const auto chain = enrol(*of, at, *std::move(shown));
  if (!chain) return refuse(exit_code::failed, chain.error());
  const auto written = io::write_whole(io::real_disk(), of->certificate_file(), as_bytes(identity::to_pem(*chain)));
  if (!written) return refuse(exit_code::failed, std::format("{}: {}", of->certificate_file(), written.error().text()));
  print(
      std::format("{0} has proved its TPM and what it started. In its configuration:\n\n[tls]\ncertificate = "
                  "\"{1}\"\nkey = {{ token = \"{2}\" }}\nauthority = \"{3}\"\n",
                  of->name, of->certificate_file(), of->key, of->authority));
  return exit_code::ok;
}

}  // namespace perigee::cli
