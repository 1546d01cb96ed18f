// `perigee join`: this machine becomes a child of another node (docs/identity.md, "Joining").

#include <algorithm>
#include <boost/json.hpp>
#include <format>
#include <optional>

#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/join_text.hpp"
#include "cli/run_to_end.hpp"
#include "control/enrolment/est_client.hpp"
#include "identity/certificate_request.hpp"
#include "identity/names.hpp"
#include "io/verification_time.hpp"
#include "node/timekeeper.hpp"

namespace perigee::cli {
namespace {

using control::enrolment::est_answer;
using control::enrolment::est_client;
using control::enrolment::renewal_files;
using control::enrolment::renewal_step;
using identity::certificate;
using step_done = std::expected<void, std::string>;  // a sentence where it is not done

exit_code refuse(exit_code code, std::string_view sentence) {
  complain(std::format("perigee join: {}\n", sentence));
  return code;
}

std::unexpected<std::string> in_words(const error& why) { return std::unexpected(why.text()); }

/// The parent, asked one question after the other.
class parent {
 public:
  explicit parent(client::https_address at) : network_(io::real_network(shard_)), est_(shard_, *network_, at) {}

  template <class Ask>
  result<est_answer> ask(Ask question) {
    return wait_for<est_answer>(question(est_));
  }
  result<timestamp> time(const std::string& authority) { return wait_for<timestamp>(est_.time(authority)); }

 private:
  template <class T>
  result<T> wait_for(io::task<T> question) {
    result<T> answer = fail(errc::cancelled, "not asked");
    PG_TRY_VOID(run_to_end(shard_, keep(std::move(question), answer)));
    return answer;
  }
  template <class T>
  static io::task<> keep(io::task<T> question, result<T>& into) {
    into = co_await std::move(question);
    co_return result<>();
  }

  io::shard shard_;
  std::unique_ptr<io::network> network_;
  est_client est_;
};

/// The root of what the parent says its site is made of. Nothing is trusted yet: whoever answers could be anybody.
std::expected<certificate, std::string> fetch_root(parent& from) {
  auto tls = io::tls_context::client({}, {.verify = io::server_check::none});
  if (!tls) return in_words(tls.error());
  const auto answer = from.ask([&](est_client& est) { return est.authorities(*tls); });
  if (!answer) return in_words(answer.error());
  if (!answer->is_good()) return std::unexpected("the parent does not issue certificates");
  const auto found = std::ranges::find_if(answer->chain, [](const certificate& each) { return each.is_root(); });
  if (found == answer->chain.end()) return std::unexpected("the parent shows no root authority");
  return *found;
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

/// One join, over the steps of control::enrolment::renewal_step. The key is made and kept before anything is sent, so
/// that a join that was cut short asks again with the same one.
class joining {
 public:
  joining(const join_text& by, std::string folder, certificate root)
      : by_(by),
        folder_(std::move(folder)),
        root_(std::move(root)),
        parent_(*client::read_https_url(by.url)),
        files_(io::real_disk(), std::format("{}/{}.pem", folder_, by.name)) {}

  /// Where this machine's clock stands before this program was built, the parent says what time it is.
  step_done know_time() {
    io::know_has_passed(node::build_time());
    if (node::timekeeper::behind() == nanoseconds(0)) return {};
    const auto told = parent_.time(root_file());
    if (!told) return in_words(told.error());
    io::know_has_passed(*told);
    return {};
  }

  /// The port of the parent's MQTT listener with TLS, where it told one.
  std::expected<std::optional<std::uint16_t>, std::string> run() {
    for (;;) {
      const auto step = files_.next(io::verification_time());
      if (!step) return in_words(step.error());
      if (*step == renewal_step::prove) return prove_and_take();
      const auto done = *step == renewal_step::make_key ? make_key() : ask();
      if (!done) return std::unexpected(done.error());
    }
  }

 private:
  [[nodiscard]] std::string root_file() const { return folder_ + "/root.crt"; }

  step_done make_key() {
    const auto made = files_.make_key();
    return made ? step_done() : in_words(made.error());
  }

  step_done ask() {
    const auto waiting = files_.pending();
    if (!waiting) return in_words(waiting.error());
    const auto wish = identity::certificate_request::make(waiting->key, {.name = by_.name, .dns_names = {by_.name}});
    if (!wish) return in_words(wish.error());
    auto tls = io::tls_context::client({.certificate = {}, .key = {}, .authority = root_file()});
    if (!tls) return in_words(tls.error());
    auto answer = parent_.ask([&](est_client& est) { return est.enrol(*tls, by_.name, by_.token, *wish); });
    if (!answer) return in_words(answer.error());
    if (answer->status == 202)
      return std::unexpected("the parent waits for somebody to approve it; then call this once more");
    if (!answer->is_good()) return std::unexpected(answer->why);
    const auto fits = control::enrolment::check_answer(answer->chain, waiting->key.public_half(), by_.name,
                                                       std::span(&root_, 1), io::verification_time());
    if (!fits) return in_words(fits.error());
    const auto kept = files_.keep(std::move(answer->chain));
    return kept ? step_done() : in_words(kept.error());
  }

  std::expected<std::optional<std::uint16_t>, std::string> prove_and_take() {
    auto tls = io::tls_context::client(
        {.certificate = files_.pending_file(), .key = files_.pending_file(), .authority = root_file()});
    if (!tls) return in_words(tls.error());
    const auto answer = parent_.ask([&](est_client& est) { return est.prove(*tls); });
    if (!answer) return in_words(answer.error());
    if (!answer->is_good()) {
      (void)files_.drop();  // a token asks for another
      return std::unexpected(answer->why);
    }
    if (const auto taken = files_.take(); !taken) return in_words(taken.error());
    return answer->mqtts_port;
  }

  const join_text& by_;
  std::string folder_;
  certificate root_;
  parent parent_;
  renewal_files files_;
};

std::string configuration_of(const join_text& by, std::optional<std::uint16_t> mqtts_port) {
  const auto at = *client::read_https_url(by.url);
  const auto host = at.host.contains(':') ? "[" + at.host + "]" : at.host;
  return std::format(
      "# Written by `perigee join`. docs/configuration.md lists every option.\n\n[node]\nid = \"{0}\"\ndata = "
      "\"{0}.data\"\n\n[tls]\ncertificate = \"{0}.pem\"\nkey = {{ file = \"{0}.pem\" }}\nauthority = "
      "\"root.crt\"\n\n[identity]\nrenew = \"https://{1}:{2}\"\n\n[uplink]\nurl = \"mqtts://{1}:{3}\"\n\n[api]\nport = "
      "0 # any free one; `perigee status` tells it\n",
      by.name, host, at.port, mqtts_port.value_or(8883));
}

/// False: there is one already, which is the operator's.
result<bool> write_configuration(const std::string& file, const std::string& text) {
  const auto made = io::real_disk().open(file, io::open_mode::create_new);
  if (!made && is(made.error(), errc::exists)) return false;
  if (!made) return std::unexpected(made.error());
  PG_TRY_VOID((*made)->write_at(0, as_bytes(text)));
  PG_TRY_VOID((*made)->sync());
  return true;
}

}  // namespace

exit_code run_join(const invocation& called) {
  const auto by = join_text_of(called);
  if (!by) return refuse(exit_code::usage, by.error());
  const auto folder = called.text("--folder").value_or(".");
  parent at(*client::read_https_url(by->url));
  const auto root = fetch_root(at);
  if (!root) return refuse(exit_code::unavailable, std::format("{}: {}", by->url, root.error()));
  if (const auto stop = check_fingerprint(*root, by->fingerprint)) return *stop;
  auto kept = io::real_disk().make_folder(folder);
  const auto root_file = folder + "/root.crt";
  if (kept) kept = io::write_whole(io::real_disk(), root_file, as_bytes(root->to_pem()));
  if (!kept) return refuse(exit_code::failed, std::format("{}: {}", root_file, kept.error().text()));
  joining steps(*by, folder, *root);
  if (const auto known = steps.know_time(); !known) return refuse(exit_code::unavailable, known.error());
  const auto joined = steps.run();
  if (!joined) return refuse(exit_code::failed, joined.error());
  const auto file = std::format("{}/{}.toml", folder, by->name);
  const auto written = write_configuration(file, configuration_of(*by, *joined));
  if (!written) return refuse(exit_code::failed, std::format("{}: {}", file, written.error().text()));
  print(std::format(
      "{0} is a member of the site: {1}/{0}.pem is its key and certificate.\n{2}\n  perigee run {3}\n", by->name,
      folder, *written ? "Look at its configuration, then run it:" : "Its configuration was there, and stays:", file));
  return exit_code::ok;
}

}  // namespace perigee::cli
