#include "node/certificates.hpp"

#include "base/log.hpp"

namespace perigee::node {
namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 5s;

result<io::tls_files> files_of(const std::string& certificate, const secret& key, const std::string& authority) {
  io::tls_files out{certificate, {}, authority};
  if (key.from == secret::place::file || key.from == secret::place::token) {
    out.key = key.name;
  } else {
    PG_TRY(out.key_text, key.read());
  }
  return out;
}

/// Application protocols by ALPN: MQTT's own name, AWS IoT's, and what a browser offers for a WebSocket.
std::vector<std::string> protocols_of(bool websocket) {
  if (websocket) return {"http/1.1"};
  return {"mqtt", "x-amzn-mqtt-ca"};
}

/// Whether a TLS handshake without a client certificate fails, rather than the login behind it.
bool needs_certificate(const config& chosen, const mqtt_config& listener) {
  using enum doors::mqtt::identified_by;
  const bool has_users = chosen.access && chosen.access->users;
  const bool others_may_do = listener.identity == user || (listener.identity == either && has_users);
  return !others_may_do && !listener.anonymous;
}

io::client_certificate usual_for(const config& chosen, const mqtt_config& listener) {
  if (!chosen.tls->authority) return io::client_certificate::none;
  return needs_certificate(chosen, listener) ? io::client_certificate::required : io::client_certificate::optional;
}

result<io::tls_server_options> server_of(const tls_config& from) {
  io::tls_server_options out;
  PG_TRY(out.files, files_of(from.certificate, from.key, from.authority.value_or("")));
  for (const auto& more : from.certificates) {
    PG_TRY(auto files, files_of(more.certificate, more.key, {}));
    out.others.push_back({std::move(files), more.names});
  }
  out.version_min = from.version_min;
  out.identity = from.identity_from;
  return out;
}

}  // namespace

certificates::certificates(const config& chosen, chain_rules& rules, io::shard& on, io::worker& by,
                           metrics::registry& registry)
    : chosen_(chosen),
      rules_(rules),
      on_(on),
      worker_(by),
      registry_(registry),
      reloads_(registry.make_counter("perigee_tls_reloads_total", "Times that changed certificates came into use")),
      refused_(registry.make_gauge("perigee_tls_reload_refused", "1 while files on the disk cannot be used")),
      asked_(on) {}

result<std::unique_ptr<certificates>> certificates::open(const config& chosen, chain_rules& rules, io::shard& on,
                                                         io::worker& by, metrics::registry& registry) {
  std::unique_ptr<certificates> made(
      new certificates(chosen, rules, on, by, registry));  // tidy: new — the constructor is private
  if (chosen.tls) PG_TRY_VOID(made->make());
  return made;
}

certificates::key certificates::key_of(const mqtt_config& listener) const {
  return {is_websocket(listener.transport), listener.client_certificate.value_or(usual_for(chosen_, listener)),
          listener.identity_from.value_or(chosen_.tls->identity_from)};
}

result<> certificates::make() {
  PG_TRY(auto usual, server_of(*chosen_.tls));
  usual.judge = rules_.judge_of(identity::purpose::client);
  for (const auto& listener : chosen_.mqtt) {
    if (!is_tls(listener.transport)) continue;
    auto& made = listeners_[key_of(listener)];
    if (made) continue;
    auto options = usual;
    options.protocols = protocols_of(is_websocket(listener.transport));
    std::tie(std::ignore, options.client, options.identity) = key_of(listener);
    PG_TRY(made, io::tls_context::server(std::move(options)));
    all_.push_back(made);
  }
  auto options = usual;
  options.protocols = protocols_of(true);
  options.client = chosen_.tls->authority ? io::client_certificate::optional : io::client_certificate::none;
  options.admits_lapsed = chosen_.identity && chosen_.identity->renewal_grace > nanoseconds(0);
  PG_TRY(api_, io::tls_context::server(std::move(options)));
  PG_TRY(client_, io::tls_context::client(usual.files, {.version_min = usual.version_min,
                                                        .judge = rules_.judge_of(identity::purpose::server)}));
  all_.insert(all_.end(), {api_, client_});
  measure();
  return {};
}

io::endpoint certificates::endpoint_of(const mqtt_config& listener) const {
  io::endpoint at{.host = listener.address, .port = listener.port, .tls = nullptr};
  if (is_tls(listener.transport)) at.tls = listeners_.at(key_of(listener));
  at.websocket = is_websocket(listener.transport);
  at.path = listener.path;
  at.how.ipv6_only = listener.ipv6_only;
  at.how.socket_mode = listener.mode;
  at.how.name_by_uid = listener.name_by_uid;
  at.how.connections_max = listener.connections_max;
  if (listener.proxy_protocol) at.how.proxies = io::trusted_proxies{listener.proxy_from, listener.proxy_names};
  return at;
}

io::task<> certificates::watch() {
  if (all_.empty()) co_return result<>();
  for (;;) {
    const auto woken = co_await asked_.wait_until(clock::now() + look_every);
    if (!woken && !is(woken.error(), errc::timed_out)) co_return woken;
    PG_CO_TRY_VOID(co_await look());
  }
}

io::task<> certificates::look() {
  struct looking {
    explicit looking(io::shard& on) : done(on) {}
    std::vector<std::expected<bool, std::string>> outcomes;
    io::event done;
  };
  auto shared = std::make_shared<looking>(on_);  // the worker may come to its end when nobody waits any more
  worker_.submit(
      [shared, all = all_] {
        for (const auto& one : all) shared->outcomes.push_back(one->reload());
      },
      [shared] { shared->done.notify(); });
  PG_CO_TRY_VOID(co_await shared->done.wait());
  told(std::move(shared->outcomes));
  co_return result<>();
}

/// A refusal is logged when it is new, not each time that the same files are looked at.
void certificates::told(std::vector<std::expected<bool, std::string>> outcomes) {
  bool changed = false;
  std::string refusal;
  for (auto& one : outcomes) {
    if (!one) refusal = std::move(one).error();
    changed = changed || (one && *one);
  }
  if (!refusal.empty() && refusal != last_refusal_) {
    log::fault("node.tls", "the certificates in use stay: {}", refusal);
  }
  last_refusal_ = std::move(refusal);
  refused_.set(last_refusal_.empty() ? 0 : 1);
  if (!changed) return;
  log::info("node.tls", "new certificates are in use; connections stay");
  reloads_.add();
  measure();
}

std::vector<io::tls_certificate_state> certificates::states() const {
  std::map<std::string, io::tls_certificate_state> by_file;  // listeners share them
  for (const auto& context : all_) {
    for (auto& one : context->certificates()) by_file.insert_or_assign(one.file, one);
  }
  std::vector<io::tls_certificate_state> out;
  for (auto& [file, one] : by_file) out.push_back(std::move(one));
  return out;
}

void certificates::staple(const std::shared_ptr<const byte_buffer>& answer) {
  for (const auto& one : all_) one->staple(answer);
}

void certificates::measure() {
  for (const auto& context : all_) {
    for (const auto& one : context->certificates()) {
      registry_
          .make_gauge("perigee_tls_certificate_expiry_timestamp_seconds", "When it ends, in Unix time",
                      std::format("file=\"{}\"", one.file))
          .set(static_cast<double>(one.not_after.ns) / 1e9);
    }
  }
}

}  // namespace perigee::node
