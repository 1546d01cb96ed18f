#include "control/enrolment/renewal_files.hpp"

#include <format>

#include "base/identity_limits.hpp"
#include "identity/authority.hpp"
#include "identity/verify.hpp"

namespace perigee::control::enrolment {

using identity::held_identity;

result<renewal_step> renewal_files::next(timestamp now) {
  const auto waiting = pending();
  if (!waiting && is(waiting.error(), errc::not_found)) return renewal_step::make_key;
  if (!waiting && is(waiting.error(), errc::io)) return std::unexpected(waiting.error());
  bool is_over = !waiting;
  if (waiting && !waiting->chain.empty()) {
    const auto in_use = current();
    const bool taken = in_use && !in_use->chain.empty() && in_use->chain.front() == waiting->chain.front();
    is_over = taken || waiting->chain.front().facts().not_after <= now;
  }
  if (is_over) {
    PG_TRY_VOID(drop());
    return renewal_step::make_key;
  }
  return waiting->chain.empty() ? renewal_step::ask : renewal_step::prove;
}

result<> renewal_files::make_key() {
  if (next_key_ == next_key::same) {
    const auto in_use = current();
    if (in_use) return write(pending_file(), {.key = in_use->key});
    if (is(in_use.error(), errc::io)) return std::unexpected(in_use.error());
  }
  PG_TRY(auto key, identity::private_key::generate(identity::key_kind::p256));
  return write(pending_file(), {.key = std::move(key)});
}

result<> renewal_files::keep(std::vector<identity::certificate> chain) {
  PG_TRY(auto waiting, pending());
  if (chain.empty() || !(chain.front().key() == waiting.key.public_half())) {
    return fail(errc::refused, "the certificate that came is for another key");
  }
  waiting.chain = std::move(chain);
  return write(pending_file(), waiting);
}

// Not a rename of the pending file itself: were that half done, as a file system may have it after a power cut, the new
// key would be gone and the parent would know the old one as renewed.
result<> renewal_files::take() {
  PG_TRY(const auto waiting, pending());
  PG_TRY_VOID(write(file_, waiting));
  return drop();
}

result<> renewal_files::drop() {
  PG_TRY_VOID(disk_.remove(pending_file()));
  const auto slash = file_.rfind('/');
  return disk_.sync_folder(slash == std::string::npos ? "." : file_.substr(0, slash));
}

result<held_identity> renewal_files::read(const std::string& file) const {
  PG_TRY(const auto pem, io::read_whole(disk_, file, limits::identity_pem_bytes_max));
  return identity::parse_held(as_text(pem));
}

result<> renewal_files::write(const std::string& file, const held_identity& what) {
  PG_TRY(const auto pem, identity::to_pem(what));
  return io::write_whole(disk_, file, as_bytes(pem));
}

result<> check_answer(std::span<const identity::certificate> chain, const identity::public_key& asked_for,
                      std::string_view name, std::span<const identity::certificate> roots, timestamp now) {
  PG_TRY(const auto good,
         identity::verify_chain(chain, roots, identity::purpose::client, now, [](auto, auto) { return false; }));
  if (good.name != name || !(chain.front().key() == asked_for)) {
    return fail(errc::refused, "the certificate that came is not the one that was asked for");
  }
  return {};
}

result<> check_authority(const held_identity& came, std::string_view gateway,
                         std::span<const identity::certificate> roots, timestamp now) {
  PG_TRY(const auto by, identity::authority::open(came.chain, came.key));
  if (by.gateway() != gateway) return fail(errc::refused, "the authority that came is not this gateway's");
  const identity::certificate_order order{.as = identity::profile::device, .name = std::format("x.{}", gateway)};
  PG_TRY(auto leaf, by.issue(came.key.public_half(), order, now));
  std::vector<identity::certificate> chain{std::move(leaf)};
  chain.insert(chain.end(), by.shown().begin(), by.shown().end());
  return identity::verify_chain(chain, roots, identity::purpose::client, now, [](auto, auto) { return false; })
      .transform([](auto&&) {});
}

}  // namespace perigee::control::enrolment
