#include "node/rotation.hpp"

#include <algorithm>
#include <format>

#include "api/awaited.hpp"
#include "base/identity_limits.hpp"
#include "base/log.hpp"
#include "identity/certificate_request.hpp"
#include "io/verification_time.hpp"

namespace perigee::node {
namespace {

using namespace std::chrono_literals;
using control::enrolment::renewal_due;
using control::enrolment::renewal_step;
using identity::certificate;
using identity::private_key;

constexpr std::string_view place_name = "node.rotation";
constexpr auto look_every = 1s;  // wall time may jump
constexpr nanoseconds roots_every = 24h;
constexpr nanoseconds roots_again_after = 1h;  // where the parent did not answer

using control::enrolment::est_label;
using control::enrolment::next_key;

std::string file_of(const config& chosen, renewed what) {
  return what == renewed::identity ? chosen.tls->certificate
                                   : identity_folder(chosen) + "/" + std::string(gateway_file);
}

/// Whose the certificate is: an authority's says it in its constraint.
result<std::string> owner_in(const certificate& one, renewed what) {
  if (what == renewed::identity) return one.facts().common_name;
  if (one.facts().permitted_names.size() != 1) return fail(errc::malformed, "this is not a gateway's authority");
  return one.facts().permitted_names.front();
}

std::unique_ptr<control::enrolment::est_client> parent_of(const config& chosen, const rotation::means& by) {
  const auto& from = chosen.identity->renew->parent;
  return from ? std::make_unique<control::enrolment::est_client>(by.on, by.through, *from) : nullptr;
}

}  // namespace

std::string_view name_of(renewed what) { return what == renewed::identity ? "identity" : "authority"; }

rotation::rotation(const config& chosen, renewed what, means by)
    : chosen_(chosen),
      what_(what),
      means_(std::move(by)),
      files_(means_.disk, file_of(chosen, what), what == renewed::identity ? next_key::fresh : next_key::same),
      parent_(parent_of(chosen, means_)),
      pauses_(1s, 1s, means_.seed),
      renewed_(means_.metrics.make_counter("perigee_certificate_renewals_total",
                                           "Certificates of this node that it got and took into use",
                                           std::format("of=\"{}\"", name_of(what)))),
      failing_(means_.metrics.make_gauge("perigee_certificate_renewal_failing",
                                         "1 while a renewal is due and the last attempt failed",
                                         std::format("of=\"{}\"", name_of(what)))),
      asked_(means_.on) {}

/// On the worker, with what it needs as copies: it may come to its end when this is gone.
template <class T, class Work>
io::task<T> rotation::off_the_shard(Work what) {
  co_return co_await api::ask<T>(means_.on, [this, what = std::move(what)](auto done) mutable {
    auto answer = std::make_shared<result<T>>(fail(errc::cancelled, "not done"));
    means_.by.submit([answer, what = std::move(what)]() mutable { *answer = what(); },
                     [answer, done = std::move(done)] { done(std::move(*answer)); });
  });
}

io::task<> rotation::run() {
  (void)co_await read_current();
  for (;;) {
    if (is_due()) PG_CO_TRY_VOID(co_await attempt());
    if (parent_ && what_ == renewed::identity && clock::now() >= roots_at_) PG_CO_TRY_VOID(co_await refresh_roots());
    const auto woken = co_await asked_.wait_until(clock::now() + look_every);
    if (!woken && !is(woken.error(), errc::timed_out)) co_return woken;
  }
}

void rotation::renew_now() {
  wanted_now_ = true;
  asked_.notify();
}

bool rotation::is_due() const {
  if (wanted_now_) return true;
  return clock::now() >= retry_at_ && (under_way_ || io::verification_time() >= state_.due);
}

/// What is in use, and whether something is to replace it.
io::task<> rotation::read_current() {
  using found = std::pair<identity::held_identity, renewal_step>;
  const auto read =
      co_await off_the_shard<found>([files = files_, now = io::verification_time()]() mutable -> result<found> {
        PG_TRY(auto held, files.current());
        if (held.chain.empty()) return fail(errc::malformed, "there is a key, and no certificate");
        PG_TRY(const auto step, files.next(now));
        return found{std::move(held), step};
      });
  if (!read) {
    state_ = {.name = state_.name, .of = {}, .due = {}, .failing = read.error().text()};
    co_return std::unexpected(read.error());
  }
  const auto& facts = read->first.chain.front().facts();
  PG_CO_TRY(state_.name, owner_in(read->first.chain.front(), what_));
  state_.of = {facts.not_before, facts.not_after};
  state_.due = renewal_due(facts.common_name, state_.of);
  under_way_ = read->second != renewal_step::make_key;
  const auto pauses = control::enrolment::pauses_for(state_.of);
  pauses_ = client::back_off(pauses.first, pauses.most, means_.seed);
  log::info(place_name, "the certificate of {} ends {}; it is renewed {}", called(), to_iso8601(state_.of.to),
            under_way_ ? "now, as before the stop" : "about " + to_iso8601(state_.due));
  co_return result<>();
}

/// One attempt. What fails is told when it is new, and tried again.
io::task<> rotation::attempt() {
  wanted_now_ = false;
  why_.clear();
  auto done = co_await advance();
  if (!done && is(done.error(), errc::cancelled)) co_return done;
  if (done) done = co_await read_current();
  failing_.set(done ? 0 : 1);
  if (done) {
    state_.failing.clear();
    renewed_.add();
    means_.in_use.reload();
    roots_at_ = {};
    co_return result<>();
  }
  const auto why = why_.empty() ? done.error().text() : why_;
  if (why != state_.failing) log::warn(place_name, "{} is not renewed, and tries again: {}", called(), why);
  state_.failing = why;
  retry_at_ = clock::now() + pauses_.next();
  co_return result<>();
}

/// The steps, from the one that the disk says is next.
io::task<> rotation::advance() {
  if (state_.of.to.ns == 0) PG_CO_TRY_VOID(co_await read_current());
  for (;;) {
    PG_CO_TRY(const auto step,
              co_await off_the_shard<renewal_step>(
                  [files = files_, now = io::verification_time()]() mutable { return files.next(now); }));
    under_way_ = true;
    switch (step) {
      case renewal_step::make_key:
        PG_CO_TRY_VOID(co_await off_the_shard<void>([files = files_]() mutable { return files.make_key(); }));
        break;
      case renewal_step::ask: PG_CO_TRY_VOID(co_await ask()); break;
      case renewal_step::prove: PG_CO_TRY_VOID(co_await prove()); [[fallthrough]];
      case renewal_step::take: co_return co_await take();
    }
  }
}

io::task<> rotation::ask() {
  PG_CO_TRY(const auto waiting,
            co_await off_the_shard<identity::held_identity>([files = files_] { return files.pending(); }));
  PG_CO_TRY(auto came, co_await certificate_for(waiting.key));
  PG_CO_TRY(const auto trusted, co_await roots());
  PG_CO_TRY_VOID(check(waiting.key, came, trusted));
  co_return co_await off_the_shard<void>(
      [files = files_, came = std::move(came)]() mutable { return files.keep(std::move(came)); });
}

result<> rotation::check(const private_key& key, const chain& came, const chain& trusted) const {
  const auto now = io::verification_time();
  if (what_ == renewed::authority)
    return control::enrolment::check_authority({.key = key, .chain = came}, state_.name, trusted, now);
  return control::enrolment::check_answer(came, key.public_half(), state_.name, trusted, now);
}

io::task<rotation::chain> rotation::certificate_for(const private_key& key) {
  if (!parent_) {
    co_return co_await off_the_shard<chain>([files = files_, key, own = means_.own->now]() -> result<chain> {
      PG_TRY(const auto held, files.current());
      PG_TRY(auto leaf, own->issuing.renew(held.chain.front(), key.public_half(), io::verification_time()));
      chain out{std::move(leaf)};
      out.insert(out.end(), own->issuing.shown().begin(), own->issuing.shown().end());
      return out;
    });
  }
  PG_CO_TRY(auto request, identity::certificate_request::make(key, {.name = state_.name, .dns_names = {state_.name}}));
  PG_CO_TRY(auto answer, co_await parent_->renew(means_.in_use.client(),
                                                 what_ == renewed::identity ? est_label::node : est_label::gateway,
                                                 std::move(request)));
  if (!answer.is_good()) co_return refuse(std::move(answer.why));
  co_return std::move(answer.chain);
}

/// On a connection of its own, while the old certificate stays in use. One that the parent does not take now it may
/// take later, when somebody has resumed the thing; the old one it may not renew again.
io::task<> rotation::prove() {
  if (what_ == renewed::authority) co_return result<>();  // it is shown by nobody: what it issues has been tried
  const io::tls_files pending{.certificate = files_.pending_file(),
                              .key = files_.pending_file(),
                              .authority = chosen_.tls->authority.value_or("")};
  using context = std::shared_ptr<io::tls_context>;
  PG_CO_TRY(auto tls, co_await off_the_shard<context>([pending] { return io::tls_context::client(pending); }));
  if (!parent_) co_return result<>();  // its own authority made it, and it loads
  PG_CO_TRY(auto answer, co_await parent_->prove(std::move(tls)));
  if (answer.is_good()) co_return result<>();
  co_return refuse(std::move(answer.why));
}

io::task<> rotation::take() {
  PG_CO_TRY_VOID(co_await off_the_shard<void>([files = files_]() mutable { return files.take(); }));
  under_way_ = false;
  co_return result<>();
}

io::task<rotation::chain> rotation::roots() {
  if (!parent_) co_return means_.own->now->roots;
  co_return co_await off_the_shard<chain>([&disk = means_.disk, file = *chosen_.tls->authority]() -> result<chain> {
    PG_TRY(const auto pem, io::read_whole(disk, file, limits::tls_file_bytes_max));
    return identity::all_certificates(pem);
  });
}

/// RFC 7030 4.1.1: over a connection that the authorities so far vouch for. While a site changes its root, both are
/// told.
io::task<> rotation::refresh_roots() {
  roots_at_ = clock::now() + roots_again_after;
  const auto answer = co_await parent_->authorities(means_.in_use.client());
  if (!answer) co_return is(answer.error(), errc::cancelled) ? result<>(std::unexpected(answer.error())) : result<>();
  if (!answer->is_good()) co_return result<>();
  roots_at_ = clock::now() + roots_every;
  chain told;
  std::ranges::copy_if(answer->chain, std::back_inserter(told), [](const auto& c) { return c.is_root(); });
  const auto known = co_await roots();
  if (told.empty() || (known && std::ranges::is_permutation(told, *known))) co_return result<>();
  const auto written =
      co_await off_the_shard<void>([&disk = means_.disk, file = *chosen_.tls->authority, pem = identity::to_pem(told)] {
        return io::write_whole(disk, file, as_bytes(pem));
      });
  if (!written) log::warn(place_name, "{}: {}", *chosen_.tls->authority, written.error().text());
  if (written) log::info(place_name, "the parent says that the site has {} roots: they are trusted", told.size());
  means_.in_use.reload();
  co_return result<>();
}

/// For the log.
std::string rotation::called() const {
  return what_ == renewed::identity ? state_.name : std::format("{}'s authority", state_.name);
}

std::unexpected<error> rotation::refuse(std::string why) {
  why_ = std::move(why);
  return fail(errc::refused, "the parent refuses");
}

}  // namespace perigee::node
