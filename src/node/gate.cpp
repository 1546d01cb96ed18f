#include "node/gate.hpp"

#include <algorithm>
#include <format>

#include "base/limits.hpp"
#include "base/log.hpp"
#include "io/timer.hpp"
#include "node/client_rights.hpp"

namespace perigee::node {

using namespace std::chrono_literals;
using doors::mqtt::admission;
using doors::mqtt::admission_waiter;
using doors::mqtt::credentials;
using doors::mqtt::identified_by;
using doors::mqtt::moment;
using wire::mqtt::reason;

namespace {

constexpr std::string_view place_name = "node.access";
constexpr auto look_every = 2s;

/// "127.0.0.1:53124" without its port: a client that tries again comes from another.
std::string_view host_of(std::string_view address) { return address.substr(0, address.rfind(':')); }

bool shows_user(const credentials& shown) {
  return (shown.user_name && !shown.user_name->empty()) || (shown.password && !shown.password->empty());
}

/// SCRAM-SHA-256 for one client.
class scram_exchange final : public doors::mqtt::authentication_exchange {
 public:
  scram_exchange(gate& of, const credentials& shown)
      : gate_(of),
        server_(of.next_nonce(), as_bytes(of.secret())),
        client_id_(shown.client_id),
        certificate_(shown.certificate),
        address_(host_of(shown.address)) {}

  step on_data(byte_view data, moment now) override {
    if (gate_.must_wait(address_, now.mono)) {
      return {gate_.refuse(reason::connection_rate_exceeded, "it failed too often"), {}};
    }
    const auto users = gate_.lists();
    const auto next = server_.on_message(as_text(data), [&](std::string_view name) -> const access::scram_verifier* {
      const auto* found = users->users.find(name);
      return found != nullptr && !found->disabled && found->scram ? &*found->scram : nullptr;
    });
    switch (next.is) {
      case access::scram_server::status::goes_on: return {std::nullopt, to_buffer(as_bytes(next.data))};
      case access::scram_server::status::proven: return {welcome(), to_buffer(as_bytes(next.data))};
      case access::scram_server::status::refused: break;
    }
    gate_.failed(address_, now.mono);
    return {gate_.refuse(reason::not_authorized, std::format("user '{}': {}", server_.user(), next.why)), {}};
  }

 private:
  admission welcome() {
    gate_.succeeded(address_);
    const auto& lists = *gate_.lists();
    const auto* found = lists.users.find(server_.user());
    if (found == nullptr || found->disabled) return gate_.refuse(reason::not_authorized, "the user is gone meanwhile");
    return gate_.let_in(make_principal(lists, client_id_, server_.user(), certificate_), true, {});
  }

  gate& gate_;
  access::scram_server server_;
  std::string client_id_;
  std::string certificate_;
  std::string address_;
};

}  // namespace

/// One password on its way through the worker.
struct gate::check {
  admission_waiter* waits = nullptr;
  std::string client_id;
  std::string certificate;
  std::string address;
  std::string user;
  byte_buffer password;
  access::password_hash against;
  bool known = false;
  std::atomic<bool> given_up = false;
  result<bool> fits = false;

  ~check() { std::ranges::fill(password, std::uint8_t{0}); }
};

gate::gate(io::shard& on, io::disk& disk, access_config files, std::shared_ptr<const access_lists> lists,
           std::string secret, metrics::registry& registry)
    : on_(on),
      disk_(disk),
      files_(std::move(files)),
      lists_(std::move(lists)),
      secret_(std::move(secret)),
      stamp_(access_files_stamp(files_)),
      let_in_(registry.make_counter("perigee_access_let_in_total", "Clients whose login was good.")),
      refused_(registry.make_counter("perigee_access_refused_total", "Clients whose login was refused.")),
      slowed_down_(registry.make_counter("perigee_access_slowed_down_total", "Logins unheard after failures.")),
      reloads_(registry.make_counter("perigee_access_reloads_total", "Times that changed files were taken over.")),
      checks_waiting_(registry.make_gauge("perigee_access_checks_waiting", "Passwords that wait to be checked.")),
      users_(registry.make_gauge("perigee_access_users", "Users of the user file.")),
      worker_(on.make_worker("passwords")) {
  users_.set(static_cast<double>(lists_->users.all().size()));
}

gate::~gate() = default;

std::optional<admission> gate::admit(const credentials& shown, admission_waiter& waits, moment now) {
  const bool by_user = lists_->has_users && shown.by != identified_by::certificate && shows_user(shown);
  if (shown.by == identified_by::both && shown.certificate.empty()) {
    return refuse(reason::not_authorized, "it shows no certificate");
  }
  return by_user ? admit_user(shown, waits, now) : admit_without_user(shown);
}

admission gate::admit_without_user(const credentials& shown) {
  const bool certificate_will_do = shown.by == identified_by::either || shown.by == identified_by::certificate;
  if (certificate_will_do && !shown.certificate.empty()) {
    return let_in(make_principal(*lists_, shown.client_id, {}, shown.certificate), false, {});
  }
  if (shown.anonymous) return let_in(make_principal(*lists_, shown.client_id, {}, {}), false, {});
  return refuse(reason::not_authorized, "it does not say who it is");
}

std::optional<admission> gate::admit_user(const credentials& shown, admission_waiter& waits, moment now) {
  if (must_wait(host_of(shown.address), now.mono)) {
    slowed_down_.add();
    return refuse(reason::connection_rate_exceeded, "it failed too often");
  }
  if (!shown.password || shown.password->size() > limits::access_password_bytes_max) {
    failed(host_of(shown.address), now.mono);
    return refuse(reason::bad_user_name_or_password, shown.password ? "the password is too long" : "no password");
  }
  if (const auto text = as_text(*shown.password); access::is_token(text)) return admit_token(shown, text, now);
  if (checks_ >= limits::access_checks_waiting_max) {
    return refuse(reason::quota_exceeded, "too many passwords wait to be checked");
  }
  start_check(shown, waits);
  return std::nullopt;
}

admission gate::admit_token(const credentials& shown, std::string_view token, moment now) {
  const auto digest = access::digest_of_token(token);
  const auto found = lists_->users.find_token(digest);
  const auto name = shown.user_name.value_or(std::string_view());
  const bool is_its = found.of != nullptr && (name.empty() || name == found.of->name || name == found.with->name);
  const bool expired = is_its && found.with->expires && *found.with->expires <= now.wall;
  const bool is_for_this = is_its && found.with->is_for_mqtt();
  if (!is_for_this || expired || found.of->disabled) {
    failed(host_of(shown.address), now.mono);
    return refuse(reason::bad_user_name_or_password, !is_its        ? "no such token"
                                                     : !is_for_this ? "the token's scopes have no \"mqtt\""
                                                     : expired      ? "the token has expired"
                                                                    : "the user is disabled");
  }
  succeeded(host_of(shown.address));
  uses_.note(digest, now.wall);
  return let_in(make_principal(*lists_, shown.client_id, found.of->name, shown.certificate), true, digest);
}

void gate::start_check(const credentials& shown, admission_waiter& waits) {
  auto made = std::make_shared<check>();
  made->waits = &waits;
  made->client_id = shown.client_id;
  made->certificate = shown.certificate;
  made->address = host_of(shown.address);
  made->user = shown.user_name.value_or(std::string_view());
  made->password = to_buffer(*shown.password);
  const auto* user = lists_->users.find(made->user);
  made->known = user != nullptr && user->password && !user->disabled;
  made->against = made->known ? *user->password : lists_->users.dummy();
  waiting_[&waits] = made;
  checks_waiting_.set(static_cast<double>(++checks_));
  worker_->submit(
      [made] {
        if (!made->given_up) made->fits = made->against.fits(made->password);
      },
      [this, made] { end_check(*made); });
}

void gate::give_up(admission_waiter& waits) {
  const auto found = waiting_.find(&waits);
  if (found == waiting_.end()) return;
  found->second->given_up = true;
  waiting_.erase(found);
}

void gate::end_check(check& done) {
  checks_waiting_.set(static_cast<double>(--checks_));
  if (done.given_up) return;
  waiting_.erase(done.waits);
  const moment now{clock::now(), clock::wall()};
  done.waits->on_admission(judge(done, now.mono), now);
}

/// The files may have changed while the password was checked.
admission gate::judge(const check& done, clock::time_point now) {
  if (!done.fits) return refuse(reason::server_busy, done.fits.error().what);
  const auto* user = lists_->users.find(done.user);
  const bool still = user != nullptr && !user->disabled && user->password && user->password->hash == done.against.hash;
  if (!*done.fits || !done.known || !still) {
    failed(done.address, now);
    return refuse(reason::bad_user_name_or_password,
                  done.known ? "the password is another" : "no such user, or one without a password");
  }
  succeeded(done.address);
  return let_in(make_principal(*lists_, done.client_id, done.user, done.certificate), true, {});
}

admission gate::let_in(const access::principal& who, bool is_user, const std::optional<crypto::digest>& token) {
  const auto* entry = lists_->users.find(who.name);
  if (entry != nullptr && entry->disabled) return refuse(reason::not_authorized, "the user is disabled");
  if (const auto unfit = lists_->policy.unfit_variable(who); !unfit.empty()) {
    return refuse(unfit == "clientid" ? reason::client_identifier_not_valid : reason::not_authorized,
                  std::format("its {} cannot stand in a topic, where the policy needs it", unfit));
  }
  if (const auto* elsewhere = lists_->policy.redirected(who)) {
    auto out = refuse(elsewhere->permanent ? reason::server_moved : reason::use_another_server, "the policy says so");
    out.server_reference = elsewhere->to;
    return out;
  }
  let_in_.add();
  const auto prefix = is_user ? doors::mqtt::user_prefix : std::string_view();
  return {.code = reason::success,
          .name = std::string(prefix) + who.name,
          .may = std::make_unique<client_rights>(*this, who, is_user, token)};
}

admission gate::refuse(reason code, std::string why) {
  refused_.add();
  return {.code = code, .name = {}, .why = std::move(why)};
}

std::unique_ptr<doors::mqtt::authentication_exchange> gate::begin(std::string_view method, const credentials& shown) {
  const bool served = lists_->has_users && shown.by != identified_by::certificate &&
                      (shown.by != identified_by::both || !shown.certificate.empty());
  if (method != access::scram_method || !served) return nullptr;
  return std::make_unique<scram_exchange>(*this, shown);
}

bool gate::must_wait(std::string_view address, clock::time_point now) const {
  return slow_down_.must_wait(address, now);
}
void gate::failed(std::string_view address, clock::time_point now) { slow_down_.failed(address, now); }
void gate::succeeded(std::string_view address) { slow_down_.succeeded(address); }

std::string gate::next_nonce() {
  return access::to_hexadecimal(crypto::hmac_sha256(as_bytes(secret_), as_bytes(std::format("nonce {}", ++nonces_))));
}

void gate::reload(std::function<void(bool in_force)> then) {
  if (then) told_.push_back(std::move(then));
  if (std::exchange(reading_, true)) {
    read_again_ = true;
    return;
  }
  stamp_ = access_files_stamp(files_);
  using outcome = std::expected<std::shared_ptr<const access_lists>, diagnostics>;
  auto read = std::make_shared<outcome>();
  worker_->submit([read, this] { *read = read_access(files_, disk_); },
                  [read, this] {
                    reading_ = false;
                    apply(*read);
                    if (std::exchange(read_again_, false)) return reload();
                    for (const auto& tell : std::exchange(told_, {})) tell(read->has_value());
                  });
}

void gate::apply(const std::expected<std::shared_ptr<const access_lists>, diagnostics>& read) {
  if (!read) {
    for (const auto& each : read.error()) {  // bounded by limits::config_errors_max; no excerpt, it may be a secret
      log::fault(place_name, "{}:{}:{} {}: {}", each.file, each.line, each.column, each.code, each.message);
    }
    return log::fault(place_name, "users and policy stay as they were before");
  }
  lists_ = *read;
  ++generation_;
  reloads_.add();
  users_.set(static_cast<double>(lists_->users.all().size()));
  log::info(place_name, "{} users and {} rules are in force", lists_->users.all().size(),
            lists_->policy.rules().size());
  if (broker_ != nullptr) broker_->review_access({clock::now(), clock::wall()});
}

bool gate::a_token_expired(timestamp since, timestamp until) const {
  const auto ended = [&](const access::token& t) { return t.expires && *t.expires > since && *t.expires <= until; };
  return std::ranges::any_of(lists_->users.all(), [&](const auto& u) { return std::ranges::any_of(u.tokens, ended); });
}

io::task<> gate::watch() {
  auto looked = clock::wall();
  for (;;) {
    PG_CO_TRY_VOID(co_await io::sleep_for(on_, look_every));
    const auto now = clock::wall();
    if (access_files_stamp(files_) != stamp_) reload();
    if (a_token_expired(std::exchange(looked, now), now)) broker_->review_access({clock::now(), now});
  }
}

}  // namespace perigee::node
