#include "node/revocations.hpp"

#include <format>

#include "base/identity_limits.hpp"
#include "base/log.hpp"
#include "doors/mqtt/broker.hpp"
#include "io/verification_time.hpp"

namespace perigee::node {

using namespace std::chrono_literals;
namespace revocation = control::revocation;
namespace registry = control::registry;
using wire::mqtt::reason;

namespace {

constexpr std::string_view place_name = "node.revocations";
constexpr auto made_every = 1h;       // so that who holds a list knows within an hour that it is cut off
constexpr auto good_for = 24h;        // what a list says of itself, for outsiders
constexpr auto gathered_for = 200ms;  // changes that come together make one list
constexpr std::uint64_t file_bytes_max = limits::identity_list_bytes_max + limits::identity_chain_bytes_max + 64;

}  // namespace

double age_seconds(const revocation::list_state& of, timestamp now) {
  return static_cast<double>(now.ns - of.terms.this_update.ns) / 1e9;
}

revocations::revocations(ground on) : on_(std::move(on)), changed_(on_.shard) {
  on_.rules.ask([this](std::string_view issuer, std::string_view serial) { return lists_.is_revoked(issuer, serial); });
}

result<std::unique_ptr<revocations>> revocations::open(ground on) {
  PG_TRY_VOID(on.disk.make_folder(on.folder));
  // tidy: new — the constructor is private
  auto made = std::unique_ptr<revocations>(new revocations(std::move(on)));
  made->trust();
  PG_TRY(const auto names, made->on_.disk.list(made->on_.folder));
  for (const auto& name : names) {
    if (!registry::is_hexadecimal(name)) continue;  // one that was being written
    PG_TRY(const auto bytes, io::read_whole(made->on_.disk, made->file_of(name), file_bytes_max));
    auto read = revocation::decode(bytes);
    const auto kept =
        read ? made->lists_.take(*std::move(read), io::verification_time()) : std::unexpected(read.error());
    if (!kept) log::warn(place_name, "{} is not taken: {}", made->file_of(name), kept.error().text());
  }
  return made;
}

/// The roots that peers are held against, and the one of this node's own authority.
void revocations::trust() {
  auto roots = on_.rules.roots();
  if (authority_) roots.insert(roots.end(), authority_->now->roots.begin(), authority_->now->roots.end());
  lists_.trust(std::move(roots));
}

std::string revocations::file_of(std::string_view issuer) const { return std::format("{}/{}", on_.folder, issuer); }

void revocations::publish(things& of, std::shared_ptr<const issuing_site> by) {
  things_ = &of;
  authority_ = std::move(by);
  things_->on_revocation([this] { changed_.notify(); });
}

/// Whether it is news: then it is in force, on its way to the disk, and handed on.
bool revocations::keep(revocation::handed_list given) {
  trust();
  const auto payload = revocation::encode(given);
  const auto kept = lists_.take(std::move(given), io::verification_time());
  if (!kept) {
    if (!is(kept.error(), errc::exists)) {
      log::warn(place_name, "a list of revocations is not taken: {}", kept.error().text());
    }
    return false;
  }
  log::debug(place_name, "{} has revoked {} certificates", kept->subject, kept->revoked);
  on_.worker.submit(
      [&disk = on_.disk, path = file_of(kept->issuer), payload] {
        const auto saved = io::write_whole(disk, path, payload);
        if (!saved) log::warn(place_name, "{} is not saved: {}", path, saved.error().text());
      },
      [] {});
  if (broker_ != nullptr) broker_->review_standing({clock::now(), clock::wall()});
  if (send_) send_({}, payload);
  measure();
  return true;
}

void revocations::hear(byte_view payload) {
  auto read = revocation::decode(payload);
  if (!read) {
    log::warn(place_name, "what the parent says is revoked is of no use: {}", read.error().text());
    return;
  }
  (void)keep(*std::move(read));
}

void revocations::tell(std::string_view child) const {
  if (!send_) return;
  for (const auto& [issuer, payload] : lists_.handed_on()) send_(child, payload);
}

io::task<> revocations::make_list() {
  const auto now = clock::wall();
  const auto issuer = authority_->now->issuing.own().facts().subject_key_id;
  using rows = std::vector<identity::revocation>;
  things::work<rows> ask = [issuer, now](registry::registry& in) { return in.revocations(issuer, now); };
  PG_CO_TRY(const auto found, co_await things_->ask<rows>(std::move(ask)));
  if (!found) co_return fail(errc::io, "the registry cannot be read");
  const auto number =
      std::max<std::uint64_t>(lists_.number_of(issuer) + 1, static_cast<std::uint64_t>(now.ns / 1'000'000));
  PG_CO_TRY(auto list,
            identity::make_revocation_list(authority_->now->issuing, *found,
                                           {.number = number, .this_update = now, .next_update = now + good_for}));
  const auto shown = authority_->now->issuing.shown();
  (void)keep({{shown.begin(), shown.end()}, std::move(list)});
  co_return result<>();
}

io::task<> revocations::run() {
  if (!authority_) co_return result<>();
  for (;;) {
    if (const auto made = co_await make_list(); !made) {
      if (is(made.error(), errc::cancelled)) co_return made;
      log::warn(place_name, "the list of revocations stays as it was: {}", made.error().text());
    }
    const auto woken = co_await changed_.wait_until(clock::now() + made_every);
    if (!woken && !is(woken.error(), errc::timed_out)) co_return woken;
    PG_CO_TRY_VOID(co_await io::sleep_for(on_.shard, gathered_for));
  }
}

void revocations::measure() {
  const auto now = clock::wall();
  for (const auto& one : lists_.states()) {
    const auto label = std::format("issuer=\"{}\"", one.issuer);
    on_.metrics.make_gauge("perigee_revocations", "Certificates that an authority's newest list has", label)
        .set(static_cast<double>(one.revoked));
    on_.metrics.make_gauge("perigee_revocations_age_seconds", "How long ago that list was made", label)
        .set(age_seconds(one, now));
  }
}

doors::mqtt::standing_port::answer revocations::of(std::string_view, const io::peer_certificate& shown,
                                                   doors::mqtt::moment) const {
  if (!lists_.is_revoked(shown.issuer, shown.serial)) return {};
  return {reason::not_authorized, registry::sentence_of(registry::verdict::revoked)};
}

void revocations::refused(std::string_view, std::string_view, const char*, doors::mqtt::moment) {}

}  // namespace perigee::node
