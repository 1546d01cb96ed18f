#include "control/enrolment/renewal_files.hpp"

#include "base/identity_limits.hpp"
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

}  // namespace perigee::control::enrolment
