#pragma once

#include <span>
#include <string>
#include <vector>

#include "identity/held_identity.hpp"
#include "io/file.hpp"

namespace perigee::control::enrolment {

/// The steps by which an owner comes to a first certificate or to the next one, in their order. What is on the disk
/// says which is next (renewal_files::next), so that whoever stops between two of them, or within one, goes on there.
enum class renewal_step : std::uint8_t {
  make_key,  // nothing is under way: a key is made, and kept before anybody hears of it
  ask,       // a key has no certificate yet: the parent is asked for one, as often as it takes
  prove,     // it has one: it is shown to the parent on a connection, while the old one stays in use
  take,      // the parent took it: it replaces the old one
};

/// Of which key the next certificate is.
enum class next_key : std::uint8_t {
  fresh,  // of a new one
  same,   // of the one in use, where there is one: an authority's, whose certificates and revocation lists name its key
};

/// The files of an identity: FILE, which is in use, and FILE.next, which is to replace it; both hold a key and its
/// certificates (identity/held_identity.hpp). Each is written whole or not at all, and FILE is at no moment without the
/// old identity or the new one. Owned by whoever renews; blocking, for a worker.
class renewal_files {
 public:
  renewal_files(io::disk& on, std::string file, next_key of = next_key::fresh)
      : disk_(on), file_(std::move(file)), next_key_(of) {}

  /// The step after what is there; never `take`, since that somebody took it is written down nowhere. Drops a pending
  /// identity that cannot be read or has expired, and what was left behind by a `take` that was cut short.
  [[nodiscard]] result<renewal_step> next(timestamp now);
  /// In use now. errc::not_found before the first; what identity::parse_held says.
  [[nodiscard]] result<identity::held_identity> current() const { return read(file_); }
  /// What is to replace it; likewise.
  [[nodiscard]] result<identity::held_identity> pending() const { return read(pending_file()); }
  [[nodiscard]] std::string pending_file() const { return file_ + ".next"; }

  // The steps. Each is on stable storage when it returns.

  [[nodiscard]] result<> make_key();
  /// `ask` was answered. errc::refused where the first certificate is not for the pending key.
  [[nodiscard]] result<> keep(std::vector<identity::certificate> chain);
  [[nodiscard]] result<> take();
  /// Back to `make_key`. Not because a parent refused: it may know the pending identity as the only one, and take it
  /// again later.
  [[nodiscard]] result<> drop();

 private:
  [[nodiscard]] result<identity::held_identity> read(const std::string& file) const;
  [[nodiscard]] result<> write(const std::string& file, const identity::held_identity& what);

  io::disk& disk_;
  std::string file_;
  next_key next_key_;
};

/// Whether an answer is what was asked for: a certificate for this key and name, whose chain ends at one of the roots
/// and is good as a client's. The refusals of identity::verify_chain; errc::refused for another key or name.
[[nodiscard]] result<> check_answer(std::span<const identity::certificate> chain, const identity::public_key& asked_for,
                                    std::string_view name, std::span<const identity::certificate> roots, timestamp now);
/// Likewise an authority's that is constrained to the gateway of this name: what it issues below it is good there.
[[nodiscard]] result<> check_authority(const identity::held_identity& came, std::string_view gateway,
                                       std::span<const identity::certificate> roots, timestamp now);

}  // namespace perigee::control::enrolment
